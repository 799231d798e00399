//! What is said of a parameter: what it is for, what it takes, and what becomes of it.

use pilothouse_api::language::ParameterKind;

use super::entry::Entry;

impl Entry {
    /// What stands in its field while nothing does.
    pub(super) fn placeholder(&self) -> &'static str {
        match self.is_required() {
            true => "required",
            false => "empty",
        }
    }

    /// What it takes, in a line.
    pub(super) fn takes(&self) -> String {
        let spec = &self.spec;
        let mut said = vec![self.kind_in_words()];
        said.extend(range(spec.items, "entries"));
        said.extend(range(spec.chars, "characters"));
        said.extend(spec.allowed_pattern.as_ref().map(|pattern| format!("matches {pattern}")));
        if self.is_required() {
            said.push("required".to_owned());
        }
        said.join(", ")
    }

    fn kind_in_words(&self) -> String {
        match &self.spec.kind {
            ParameterKind::String => "text",
            ParameterKind::StringList => "a list, one entry on each line",
            ParameterKind::Boolean => "true or false",
            ParameterKind::Integer => "a whole number",
            ParameterKind::StringMap => "a map, as JSON",
            ParameterKind::MapList => "a list of maps, as JSON",
            ParameterKind::Aws(name) | ParameterKind::AwsList(name) => name,
        }
        .to_owned()
    }

    /// How its value gets into a script.
    pub(super) fn safety(&self) -> Option<String> {
        let variable = self.spec.environment_variable()?;
        Some(format!("safe: scripts find it in ${variable}, and whatever it holds is never code"))
    }
}

fn range(bounds: (Option<usize>, Option<usize>), of: &str) -> Option<String> {
    match bounds {
        (None, None) => None,
        (Some(least), None) => Some(format!("at least {least} {of}")),
        (least, Some(most)) => Some(match least.unwrap_or(0) {
            0 => format!("at most {most} {of}"),
            least if least == most => format!("{least} {of}"),
            least => format!("{least} to {most} {of}"),
        }),
    }
}
