//! FindParameters: names by some of their letters, best first.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use pilothouse_api::Fault;
use pilothouse_api::parameters::{FindParameters, FindParametersResult};
use pilothouse_store::parameters;

use super::{resource, scan};
use crate::capabilities::page;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Names that are found, if the caller does not say.
const FOUND: usize = 20;
/// Of the best ones so many are looked at together, whether the caller may see them.
const TOGETHER: usize = 100;

impl Run for FindParameters {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<FindParametersResult, Fault> {
        let mut sifter = cx.sifter(cx.permission).await?;
        let limit = page::limit(self.max_results, FOUND);
        let region = cx.region().to_owned();
        let mut ranking = Ranking::new(&self.text);
        let mut after = String::new();
        while let Some((paths, last)) =
            parameters::names(cx.tx, &region, &after).await.map_err(store_fault)?
        {
            ranking.take(&paths);
            after = last;
        }
        let best = ranking.best(scan::MOST);
        let mut names = Vec::new();
        for group in best.chunks(TOGETHER) {
            let paths: Vec<&str> = group.iter().map(String::as_str).collect();
            let found = parameters::get_many(cx.tx, &region, &paths).await.map_err(store_fault)?;
            // They come in order of path.
            for path in paths {
                let at = found.binary_search_by(|it| it.newest.path.as_str().cmp(path));
                let Some(it) = at.ok().and_then(|at| found.get(at)) else { continue };
                if sifter.shows(&resource(it)) {
                    names.push(it.newest.name.clone());
                }
            }
            if names.len() >= limit {
                break;
            }
        }
        names.truncate(limit);
        Ok(FindParametersResult { names })
    }
}

/// Paths that fit, on their way.
struct Ranking {
    pattern: Pattern,
    matcher: Matcher,
    fitting: Vec<(Reverse<u32>, usize, String)>,
}

impl Ranking {
    fn new(text: &str) -> Self {
        let pattern = Pattern::new(text, CaseMatching::Ignore, Normalization::Never, AtomKind::Fuzzy);
        let matcher = Matcher::new(Config::DEFAULT.match_paths());
        Self { pattern, matcher, fitting: Vec::new() }
    }

    /// Looks at paths with spaces between them.
    fn take(&mut self, paths: &str) {
        for path in paths.split(' ') {
            // Paths are ASCII.
            let score = self.pattern.score(Utf32Str::Ascii(path.as_bytes()), &mut self.matcher);
            if let Some(score) = score {
                self.fitting.push((Reverse(score), path.len(), path.to_owned()));
            }
        }
    }

    /// The best ones; of equally good ones the shorter, then in order of bytes.
    fn best(mut self, most: usize) -> Vec<String> {
        if self.fitting.len() > most {
            self.fitting.select_nth_unstable(most);
            self.fitting.truncate(most);
        }
        self.fitting.sort_unstable();
        self.fitting.into_iter().map(|(_, _, path)| path).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(text: &str, paths: &str) -> Vec<String> {
        let mut ranking = Ranking::new(text);
        ranking.take(paths);
        ranking.best(9)
    }

    #[test]
    fn letters_in_their_order_find_a_name_and_whole_words_come_first() {
        let paths = "/prod/db/password /prod/web/port /staging/db/password /p/x";
        assert_eq!(ranked("dbpass", paths), ["/prod/db/password", "/staging/db/password"]);
        assert_eq!(ranked("PRPORT", paths), ["/prod/web/port"]);
        assert_eq!(ranked("prod pass", paths), ["/prod/db/password"]);
        assert_eq!(ranked("zz", paths), Vec::<String>::new());
    }

    #[test]
    fn of_more_than_are_wanted_the_best_remain() {
        let mut ranking = Ranking::new("ab");
        ranking.take("/a/x/b /ab /abc /a1b");
        assert_eq!(ranking.best(2), ["/ab", "/abc"]);
    }
}
