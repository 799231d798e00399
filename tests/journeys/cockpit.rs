//! The cockpit in a terminal.

use pilothouse_tests::cockpit::Cockpit;

#[test]
fn look() {
    let home = tempfile::tempdir().unwrap();
    let mut cockpit = Cockpit::start(home.path(), &["--demo"], &[], 120, 40);
    cockpit.wait_for("web-prod-01");
    eprintln!("{:?} {}", cockpit.first_byte_after(), cockpit.text());
    cockpit.press(":commands<Enter>");
    cockpit.wait_for("commands");
    eprintln!("{}", cockpit.text());
    cockpit.press("q");
    cockpit.press("<Esc>");
    eprintln!("{}", cockpit.text());
    cockpit.press("?");
    cockpit.wait_for("help");
    eprintln!("{}", cockpit.text());
}
