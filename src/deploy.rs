//! What the flags of deploy commands give. Scripts are read for it by a front end, argument lists of code by the program.

/// What a flag gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// A variable: `A=b`.
    Variable,
    /// Several, with commas between them: `A=b,C=d`.
    Variables,
    /// Several that are mapped to secrets of a manager: `A=secret:latest`.
    Secrets,
    /// Several values of a chart, whose names are paths: `a.b=c,d.e=f`.
    Values,
}

/// Commands whose `-e` sets a variable; for others it is something else.
const CONTAINER_COMMANDS: &[&str] = &["docker", "docker-compose", "nerdctl", "podman"];
const VARIABLE_FLAGS: &[&str] = &["--build-arg", "--env", "--from-literal"];
const VARIABLES_FLAGS: &[&str] = &["--set-build-env-vars", "--set-env-vars", "--update-env-vars"];
const SECRETS_FLAGS: &[&str] = &["--set-secrets", "--update-secrets"];
/// Flags of Helm.
const VALUES_FLAGS: &[&str] = &["--set", "--set-string"];

/// What Cargo is told to make what runs; tests and checks are no deployment.
pub const CARGO_BUILDS: &[&str] = &["build", "install", "lambda", "leptos", "run", "rustc", "zigbuild"];
/// Flags of Cargo that name features.
pub const FEATURE_FLAGS: &[&str] = &["--features", "-F"];

/// Commands, and the word behind which each takes words `NAME=value` up to the next flag.
const ASSIGNING: &[(&str, &str)] = &[
    ("az", "--env-vars"),
    ("az", "--environment-variables"),
    ("az", "--replace-env-vars"),
    ("az", "--secure-environment-variables"),
    ("az", "--set-env-vars"),
    ("az", "--settings"),
    ("fly", "set"),
    ("flyctl", "set"),
    ("heroku", "config:set"),
];

/// What `flag` gives, without its value, where `command` has it.
#[must_use]
pub fn given_by(command: &str, flag: &str) -> Option<Gives> {
    let is_of_container = flag == "-e" && CONTAINER_COMMANDS.contains(&command);
    if is_of_container || VARIABLE_FLAGS.contains(&flag) {
        Some(Gives::Variable)
    } else if VARIABLES_FLAGS.contains(&flag) {
        Some(Gives::Variables)
    } else if SECRETS_FLAGS.contains(&flag) {
        Some(Gives::Secrets)
    } else if command == "helm" && VALUES_FLAGS.contains(&flag) {
        Some(Gives::Values)
    } else {
        None
    }
}

/// Whether `command` takes words `NAME=value` behind `word`.
#[must_use]
pub fn assigns_behind(command: &str, word: &str) -> bool {
    ASSIGNING.contains(&(command, word))
}
