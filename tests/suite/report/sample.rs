//! A small verdict, made by hand, with all that a report may have to show.

use ssotlint::finding::{CodeScope, Confidence, Edit, Finding, Level, Site, Step};
use ssotlint::page::Page;
use ssotlint::report::{Because, Format, Options, OwnerRow, Problem, Report, Tool, write};
use ssotlint::source::{FileId, SourceFile, Sources, Span, Unread};
use ssotlint::verdict::{Judged, Verdict, WaivedBy};
use std::collections::BTreeMap;
use std::path::Path;

/// Paths and texts, sorted by path.
pub const FILES: [(&str, &str); 8] = [
    (
        "api/[id]/routes.py",
        "@router.get(\"/me\")\nasync def me(user=Depends(current_user)):\n    return user\n",
    ),
    (
        "api/deps.py",
        "from auth import decode\n\nasync def current_user(req):\n\ttry:\n\t\treturn decode(bearer(req), options={\"verify_signature\": False})\n\texcept Exception:\n\t\treturn Anonymous()\n",
    ),
    (
        "auth/tokens.py",
        "import jwt as _jwt\n\n\ndef _read(raw, **kw):\n    return _jwt.decode(raw, env().get(\"JWT_SECRET\", \"fake-fallback-value\"), **kw)\n",
    ),
    (
        "deploy/.env.staging",
        "\u{feff}# staging\r\nSKIP_AUTH=true\r\nJWT_SECRET=not-a-real-secret\r\n",
    ),
    (
        "gateway/src/main.rs",
        "// 🔑 Schlüssel\nfn main() {\n    let claims = Runtime::new().block_on(async { decode::<Claims>(&token, &DecodingKey::from_secret(b\"fake-signing-key\"), &Validation::default()) }).expect(\"a token that was just made\");\n}\n",
    ),
    ("legacy/broken.py", "def f(:\n    pass\n"),
    (
        "scripts/mint.py",
        "token = jwt.encode({\"sub\": \"smoke\"}, SIGNING_KEY, algorithm=\"HS256\")  # ssot: ignore[duplicate-token-minting] until=2027-03-01 smoke tests have no gateway\n",
    ),
    (
        "tests/test_漢字.py",
        "def test_漢字():\n    名前 = \"漢字\"; asyncio.run(漢字(名前))\n",
    ),
];

const PAGES: [(&str, &str); 6] = [
    (
        "duplicate-token-minting",
        "level = \"error\"\nscopes = [\"production\", \"script\"]\ncategory = \"one-path\"\nlanguages = [\"python\", \"rust\"]\nconcern = \"token-minting\"\nstage = \"stable\"
summary = \"a token is minted outside the owner\"
[messages.outside-owner]\ntext = \"`{call}` mints a token outside the owner `{owner}`\"\nhelp = \"call `{owner}` instead\"",
    ),
    (
        "duplicate-token-validation",
        "level = \"error\"\nscopes = [\"production\", \"script\"]\ncategory = \"one-path\"\nlanguages = [\"python\", \"rust\"]\nconcern = \"token-validation\"\nstage = \"stable\"
summary = \"a token is validated outside the owner\"
[messages.outside-owner]\ntext = \"`{call}` validates a token outside the owner `{owner}`\"\nhelp = \"call `{owner}.validate` instead, the single source of truth for token validation\"",
    ),
    (
        "nested-event-loop",
        "level = \"error\"\nscopes = [\"production\", \"script\", \"test\"]\ncategory = \"event-loops\"\nlanguages = [\"python\", \"rust\"]\ncwe = [833]\nstage = \"preview\"
summary = \"an event loop is started where one may already be running\"
[messages.in-async]\ntext = \"`{call}` starts an event loop inside the async function `{function}`, which {callers} other async functions call too\"\nhelp = \"await it instead\"",
    ),
    (
        "secret-fallback",
        "level = \"error\"\nscopes = [\"production\", \"script\"]\ncategory = \"secrets\"\nlanguages = [\"python\", \"rust\"]\ncwe = [798, 1188]\nstage = \"stable\"
summary = \"a secret falls back to another value\"
[messages.literal]\ntext = \"`{name}` falls back to a literal\"\nhelp = \"fail where `{name}` is missing\"",
    ),
    (
        "skip-auth-flag",
        "level = \"error\"\nscopes = [\"production\", \"config\"]\ncategory = \"bypass\"\nlanguages = [\"python\", \"rust\", \"config\"]\ncwe = [20, 287]\nstage = \"stable\"
summary = \"a flag switches authentication off\"
[messages.enabled]\ntext = \"`{flag}` switches authentication off in {environment}\"\nhelp = \"remove the flag; what needs no authentication has a route of its own\"",
    ),
    (
        "unguarded-entry-point",
        "level = \"off\"\nscopes = [\"production\"]\ncategory = \"bypass\"\nlanguages = [\"python\"]\ncwe = [306]\nstage = \"preview\"
summary = \"an entry point reaches no validation\"
[messages.none]\ntext = \"`{name}` reaches no validation\"\nhelp = \"guard it\"",
    ),
];

/// Everything that a [`Report`] borrows.
pub struct Sample {
    pub sources: Sources,
    pub pages: Vec<Page>,
    pub verdict: Verdict,
    pub owners: Vec<OwnerRow>,
    pub files_read: BTreeMap<&'static str, usize>,
    pub unread: Vec<Unread>,
    pub problems: Vec<Problem>,
    pub current_folder: &'static str,
    pub options: Options,
}

impl Sample {
    /// Findings of every level, with trails, related places, a fix, waivers, hidden findings, and files that are not read.
    pub fn new() -> Self {
        Self {
            verdict: Verdict {
                kept: findings(),
                waived: vec![waived()],
                hidden: BTreeMap::from([
                    (
                        "duplicate-token-validation",
                        BTreeMap::from([(CodeScope::Test, 9), (CodeScope::Script, 1)]),
                    ),
                    ("secret-fallback", BTreeMap::from([(CodeScope::Test, 3)])),
                ]),
                ..Verdict::default()
            },
            unread: vec![Unread {
                path: "data/big file.py".to_owned(),
                reason: "larger than 8 MiB".to_owned(),
            }],
            problems: vec![Problem {
                site: site("legacy/broken.py", "(:"),
                message: "expected a parameter, found `:`".to_owned(),
            }],
            ..Self::clean()
        }
    }

    /// No findings, nothing hidden.
    pub fn clean() -> Self {
        let root = Path::new("/work/app");
        let files = FILES.iter().map(|(path, _)| SourceFile {
            path: (*path).to_owned(),
            location: root.join(path),
            tracked: Some(true),
            size: 0,
            content: None,
        });
        Self {
            sources: Sources {
                root: root.to_owned(),
                repository: Some("/work".into()),
                files: files.collect(),
                ..Sources::default()
            },
            pages: PAGES.iter().map(|(id, declaration)| page(id, declaration)).collect(),
            verdict: Verdict::default(),
            owners: vec![
                OwnerRow {
                    concern: "token-minting".to_owned(),
                    path: "auth.mint".to_owned(),
                    because: Because::Declared,
                    reason: "ssot.toml names it".to_owned(),
                },
                OwnerRow {
                    concern: "token-validation".to_owned(),
                    path: "auth.client.AuthClient".to_owned(),
                    because: Because::Inferred,
                    reason: "4 of 5 live paths run through it".to_owned(),
                },
            ],
            files_read: BTreeMap::from([("config", 1), ("python", 6), ("rust", 1)]),
            unread: Vec::new(),
            problems: Vec::new(),
            current_folder: "/work/app",
            options: Options::default(),
        }
    }

    pub fn written(&self, format: Format) -> String {
        let mut out = Vec::new();
        self.write(format, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    pub fn write(&self, format: Format, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        let report = Report {
            tool: Tool {
                name: "ssotlint",
                version: "0.1.0",
                information_uri: Some("https://ssotlint.example"),
            },
            sources: &self.sources,
            pages: &self.pages,
            verdict: &self.verdict,
            owners: &self.owners,
            files_read: &self.files_read,
            unread: &self.unread,
            problems: &self.problems,
            text: &|file: FileId| FILES.get(file.0 as usize).map(|(_, text)| (*text).to_owned()),
            is_secret_name: &|name: &str| {
                let name = name.to_lowercase();
                ["secret", "token", "key", "password"]
                    .iter()
                    .any(|word| name.ends_with(word))
            },
            current_folder: Path::new(self.current_folder),
            options: self.options.clone(),
        };
        write(format, &report, out)
    }
}

fn page(id: &str, declaration: &str) -> Page {
    let markdown = format!(
        "# {id}\n\n```toml rule\n{declaration}\n```\n\nFinds what the rule `{id}` is about.\n\n## Why\nOne way is enough.\n\n## Bad\n### first\n```python\nf()\n```\n### second\n```python\ng()\n```\n"
    );
    Page::parse(id, &markdown).unwrap()
}

/// The place where `marked` first stands in a file.
pub fn site(path: &str, marked: &str) -> Site {
    let file = FILES.iter().position(|(known, _)| *known == path).unwrap();
    let start = FILES[file].1.find(marked).unwrap();
    let [start, end] = [start, start + marked.len()].map(|at| u32::try_from(at).unwrap());
    Site {
        file: FileId(u32::try_from(file).unwrap()),
        span: Span::new(start, end),
    }
}

fn step(path: &str, marked: &str, symbol: &str, note: &str) -> Step {
    Step {
        site: site(path, marked),
        symbol: symbol.to_owned(),
        note: note.to_owned(),
    }
}

fn findings() -> Vec<Judged> {
    let trail = vec![
        step(
            "api/[id]/routes.py",
            "Depends",
            "api.routes.me",
            "depends on `current_user`",
        ),
        step(
            "api/deps.py",
            "decode(",
            "api.deps.current_user",
            "calls `auth.decode`, which is `auth.tokens._read`",
        ),
    ];
    let mut all = vec![
        Judged {
            finding: Finding {
                trail,
                related: vec![step(
                    "api/deps.py",
                    "current_user",
                    "auth.client.AuthClient",
                    "the owner",
                )],
                ..finding(
                    "duplicate-token-validation",
                    "outside-owner",
                    "auth/tokens.py",
                    "decode",
                    "auth.tokens._read",
                )
            }
            .with("call", "jwt.decode")
            .with("owner", "auth.client.AuthClient"),
            level: Level::Error,
            fingerprint: "0123456789abcdef".to_owned(),
            waiver: None,
        },
        judged(
            finding(
                "secret-fallback",
                "literal",
                "auth/tokens.py",
                "env().get",
                "auth.tokens._read",
            )
            .with("name", "JWT_SECRET"),
            Level::Warning,
        ),
        judged(
            Finding {
                scope: CodeScope::Config,
                fix: vec![Edit {
                    site: site("deploy/.env.staging", "true"),
                    replacement: "false".to_owned(),
                }],
                ..finding("skip-auth-flag", "enabled", "deploy/.env.staging", "SKIP_AUTH", "")
            }
            .with("flag", "SKIP_AUTH")
            .with("environment", "staging"),
            Level::Error,
        ),
        judged(
            finding(
                "nested-event-loop",
                "in-async",
                "gateway/src/main.rs",
                "block_on",
                "crate::main",
            )
            .with("call", "Runtime::block_on")
            .with("function", "crate::main")
            .with("callers", "17"),
            Level::Warning,
        ),
        judged(
            Finding {
                scope: CodeScope::Test,
                confidence: Confidence::Possible,
                ..finding(
                    "nested-event-loop",
                    "in-async",
                    "tests/test_漢字.py",
                    "asyncio.run",
                    "tests.test_漢字",
                )
            }
            .with("call", "asyncio.run")
            .with("function", "test_漢字")
            .with("callers", "2"),
            Level::Note,
        ),
    ];
    all[0].finding.concern = Some("token-validation".to_owned());
    all
}

fn waived() -> Judged {
    Judged {
        waiver: Some(WaivedBy {
            reason: "smoke tests have no gateway".to_owned(),
            until: Some("2027-03-01".to_owned()),
            comment: Some(site("scripts/mint.py", "ssot: ignore")),
        }),
        ..judged(
            Finding {
                scope: CodeScope::Script,
                ..finding(
                    "duplicate-token-minting",
                    "outside-owner",
                    "scripts/mint.py",
                    "encode",
                    "scripts.mint",
                )
            }
            .with("call", "jwt.encode")
            .with("owner", "auth.mint"),
            Level::Error,
        )
    }
}

fn judged(finding: Finding, level: Level) -> Judged {
    Judged {
        finding,
        level,
        fingerprint: "fedcba9876543210".to_owned(),
        waiver: None,
    }
}

fn finding(rule: &'static str, message: &'static str, path: &str, marked: &str, symbol: &str) -> Finding {
    Finding {
        rule,
        message,
        values: Vec::new(),
        primary: site(path, marked),
        symbol: symbol.to_owned(),
        scope: CodeScope::Production,
        concern: None,
        confidence: Confidence::Certain,
        trail: Vec::new(),
        related: Vec::new(),
        fix: Vec::new(),
        counted: None,
    }
}

trait With {
    fn with(self, name: &'static str, value: &str) -> Self;
}

impl With for Finding {
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.values.push((name, value.to_owned()));
        self
    }
}
