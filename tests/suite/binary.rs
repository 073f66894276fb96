//! Runs the built binary in temporary folders, cut off from the environment and the configuration of whoever runs the tests.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A temporary folder of files to run in.
pub struct Folder {
    folder: TempDir,
}

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    /// The exit status; none if a signal ended it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    /// A folder with these files: path and content.
    pub fn of<P: AsRef<str>, C: AsRef<[u8]>>(files: &[(P, C)]) -> Self {
        let folder = Self {
            folder: tempfile::Builder::new().prefix("ssotlint").tempdir().unwrap(),
        };
        for (path, content) in files {
            folder.write(path.as_ref(), content.as_ref());
        }
        folder
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let location = self.path().join(path);
        std::fs::create_dir_all(location.parent().unwrap()).unwrap();
        std::fs::write(location, content).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// Runs git in the folder; it must succeed.
    pub fn git(&self, arguments: &[&str]) {
        let status = Command::new("git")
            .args([
                "-c",
                "user.name=tester",
                "-c",
                "user.email=tester@example.com",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .current_dir(self.path())
            .env_remove("GIT_DIR")
            .env_remove("GIT_INDEX_FILE")
            .env_remove("GIT_WORK_TREE")
            .status();
        assert!(status.unwrap().success(), "git {arguments:?}");
    }

    /// Commits everything in the folder.
    pub fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "state"]);
    }

    /// The binary, ready to run in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ssotlint"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary in the folder.
    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).output().unwrap())
    }
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
