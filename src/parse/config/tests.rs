//! Cases for all readers: text in, a dump of the settings out; and what holds for any text at all.

use super::parse;
use super::writer::{KEPT_OF_LONG_VALUE, LONG_VALUE};
use crate::facts::{Comment, Scalar};
use crate::source::{LineIndex, Span};

/// The settings of `text` as lines `path = value @line:column` of the key; ` -> text` is what the value's place holds where that
/// is not the value itself.
pub(super) fn dump(path: &str, text: &str) -> String {
    let facts = parse(path, text);
    let lines = LineIndex::new(text);
    let mut dump = String::new();
    for setting in &facts.config {
        let keys: Vec<&str> = facts.path(setting.path).iter().map(|key| facts.text(*key)).collect();
        let value = match setting.value {
            Scalar::Text(text) => format!("{:?}", facts.text(text)),
            Scalar::Truth(truth, _) => truth.to_string(),
            Scalar::Number(number) => facts.text(number).to_owned(),
            Scalar::Nothing => "-".to_owned(),
        };
        let position = lines.position(setting.key_span.start, text);
        dump.push_str(&format!(
            "{} = {value} @{}:{}\n",
            keys.join("."),
            position.line,
            position.column
        ));
    }
    for problem in &facts.problems {
        let position = lines.position(problem.span.start, text);
        dump.push_str(&format!(
            "! {} @{}:{}\n",
            problem.message, position.line, position.column
        ));
    }
    dump
}

/// Asserts what `text` says as a file called `path`; expected lines may be indented.
#[track_caller]
pub(super) fn check(path: &str, text: &str, expected: &str) {
    let expected: String = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .flat_map(|line| [line, "\n"])
        .collect();
    assert_eq!(dump(path, text), expected, "{path}:\n{text}");
}

/// The texts that the keys and values of `text` are found at, one `key|value` a setting.
pub(super) fn places(path: &str, text: &str) -> Vec<String> {
    let facts = parse(path, text);
    let at = |span: Span| &text[span.start as usize..span.end as usize];
    facts
        .config
        .iter()
        .map(|setting| format!("{}|{}", at(setting.key_span), at(setting.value_span)))
        .collect()
}

#[test]
fn comments_are_kept_with_their_text() {
    let comments = |path: &str, text: &str| -> Vec<String> {
        let facts = parse(path, text);
        let comment = |comment: &Comment| {
            let written = &text[comment.span.start as usize..comment.span.end as usize];
            format!("{written}|{}|{}", facts.text(comment.text), comment.own_line)
        };
        facts.comments.iter().map(comment).collect()
    };
    let cases: &[(&str, &str, &[&str])] = &[
        (".env", "\u{feff}# a \r\nB=c #d\n", &["# a|a|true", "#d|d|false"]),
        (
            "a.yaml",
            "  ## a\nb: c # d\ne: [ # f\n  g]\n",
            &["## a|a|true", "# d|d|false", "# f|f|false"],
        ),
        ("b.yaml", "a: {{ b }} # c\n# d\n", &["# c|c|false", "# d|d|true"]),
        (
            "a.toml",
            "a = 1 # b\n# c\nd = [\n  # e\n]",
            &["# b|b|false", "# c|c|true", "# e|e|true"],
        ),
        (
            "a.json",
            "// a\n{\"b\": 1 /* c\nd */}",
            &["// a|a|true", "/* c\nd */|c\nd|false"],
        ),
        (
            "a.ini",
            "; a\n[b] # c\nd = e ; f\n",
            &["; a|a|true", "# c|c|false", "; f|f|false"],
        ),
        ("a.properties", "! a\n# b\nc=d # e\n", &["! a|a|true", "# b|b|true"]),
        (
            "a.conf",
            "# a\nb c; # d\n// e\n",
            &["# a|a|true", "# d|d|false", "// e|e|true"],
        ),
        (
            "Dockerfile",
            "# a\nENV B=c \\\n  # d\n  E=f\nRUN g # h\n",
            &["# a|a|true", "# d|d|true", "# h|h|false"],
        ),
        (
            "a.sh",
            "#!/bin/sh\na # b\nc#d '# e' $(f # g\n)\n",
            &["#!/bin/sh|!/bin/sh|true", "# b|b|false"],
        ),
        ("c.yaml", "run: |\n  # a\n  B=c # d\n", &["# a|a|true", "# d|d|false"]),
    ];
    for (path, text, expected) in cases {
        assert_eq!(comments(path, text), *expected, "{path}:\n{text}");
    }
}

#[test]
fn waivers_speak_for_the_settings_on_their_line_or_the_next() {
    const SAYS: &str = "ssot: ignore[skip-auth-flag] a reason";
    let cases = [
        (".env", "A=1 # @\nB=2\n", "A=1 # @\n"),
        (".env", "# @\n\n# other\nB=2\nC=3\n", "B=2\n"),
        (".env", "B=2\n# @\n", "@"),
        (".env", "A='x\ny' # @\nB=2\n", "A='x\ny' # @\n"),
        ("a.yaml", "env:\n  # @\n  A: b\n  C: d\n", "  A: b\n"),
        ("a.yaml", "a: # @\n  b: c\n", "a: # @\n"),
        ("a.yaml", "# @\na:\n  b: c\n", "a:\n"),
        (
            "a.yaml",
            "- name: A # @\n  value: b\n- c: d\n",
            "- name: A # @\n  value: b\n",
        ),
        ("a.yaml", "a:\n  - b\n  - c # @\n  - d\n", "  - c # @\n"),
        ("a.yaml", "a: {{ b }} # @\nc: d\n", "a: {{ b }} # @\n"),
        ("a.toml", "a = 1\nb = 2 # @\n", "b = 2 # @\n"),
        (
            "a.json",
            "{\"a\": 1, /* @ */ \"b\": 2,\n\"c\": 3}",
            "{\"a\": 1, /* @ */ \"b\": 2,\n",
        ),
        ("a.ini", "; @\n[s]\na = 1\n", "[s]\n"),
        ("Dockerfile", "# @\nENV A=b \\\n  C=d\nENV E=f\n", "ENV A=b \\\n  C=d\n"),
        ("a.sh", "export A=b # @\n", "export A=b # @\n"),
        ("b.yaml", "run: |\n  # @\n  A=b cmd\n  C=d\n", "  A=b cmd\n"),
    ];
    for (path, text, covers) in cases {
        let (text, covers) = (text.replace('@', SAYS), covers.replace('@', SAYS));
        let facts = parse(path, &text);
        let [waiver] = facts.waivers.as_slice() else {
            panic!("{path}: {:?}\n{text}", facts.waivers);
        };
        assert!(waiver.says.is_ok(), "{path}\n{text}");
        assert_eq!(
            &text[waiver.span.start as usize..waiver.span.end as usize],
            SAYS,
            "{path}"
        );
        let covered = &text[waiver.covers.start as usize..waiver.covers.end as usize];
        assert_eq!(covered, covers, "{path}\n{text}");
    }
}

#[test]
fn long_values_are_cut_and_lines_are_counted() {
    let text = format!("A=\"{}\"\nB={}\n", "é".repeat(LONG_VALUE), "x".repeat(LONG_VALUE));
    let facts = parse(".env", &text);
    let lengths: Vec<usize> = facts
        .config
        .iter()
        .map(|setting| match setting.value {
            Scalar::Text(text) => facts.text(text).len(),
            _ => 0,
        })
        .collect();
    assert_eq!(lengths, [KEPT_OF_LONG_VALUE, LONG_VALUE]);
    for (text, lines) in [("", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("\n\n", 2)] {
        assert_eq!(parse("a.yaml", text).lines, lines, "{text:?}");
    }
}

/// Small files that have every construct the readers know.
const SAMPLES: &[(&str, &str)] = &[
    (
        ".env",
        "export A=\"b \\\" c\" # d\nE='f\ng' \nH=`i`\nJ: k\n\u{feff}é=ü\r\n",
    ),
    (
        "a.yaml",
        "a: &x {b: [c, 'd', \"e\\u00e9\"], ? f : g}\n? [h]\n: *x\ni: |+\n  j\n\nk: >-\n  l\n--- # m\n- n=o\n- name: p\n  value: !q r\n- run: |\n    export S=t <<E\n    u\n    E\n- .env: |\n    V=w\n...\n---\n{{ x }}: y\n z: [\n",
    ),
    (
        "b.yaml",
        "{{- if a }}\nb: {{ c }}\n- d: |\n    e\n  - 'f=g'\n# h\ni: \"j # k\" # l\n{% m\n%}\n\tn: &o p\n",
    ),
    (
        "a.toml",
        "a.'b' = [1, {c = \"d\\u00e9\", e = '''f\n'''}] # g\n[[h.i]]\nname = \"j\"\nvalue = 2020-01-01\n[k\nl = {m.n = true\n",
    ),
    (
        "a.json",
        "// a\n{'b': [\"c\\ud83d\\ude00\\u12\", -1.5, null], d: {{ e }}, /* f */ \"env\": [{\"name\": \"g\", \"value\": \"h=i\"}, \"j=k\"], \"run\": \"L=m n\"}",
    ),
    (
        "a.ini",
        "[a]\nenvironment = B=\"c,d\",E=f ; g\nh =\n  i = j\n  k\n[l\nm: n # é\n",
    ),
    ("a.properties", "a.b\\ c = \\u00e9 \\\n  d \\\\\n! e\nf g\n"),
    ("a.conf", "a {\n b = c; # d\n set $e \"f\"\n}\n[g]\nh i=j\n}}\n"),
    (
        "Dockerfile",
        "# escape=\\\nENV A=b \\\n # c\n D=\"e f\"\nENV G h i\nRUN --mount=x <<E cat > .env <<-\"F\"\nexport J=k\nE\nL=m\nF\nCOPY <<E /n.toml\no = 1\nE\nCMD [\"P=q r\"]\nONBUILD HEALTHCHECK CMD S=t u",
    ),
    (
        "a.sh",
        "A=b\"c $(d 'e' `f`)\"${g:=h} I+=(j k) # l\nexport M=$'n\\'o' P=$((1)) ; docker run -e Q=r --env-vars='S=t,U=v'\ncat <<E > .env && echo \"W=x\" >> y.sh 2>&1 <<<z\nA1='\né'\nE\n((b2=1))\n: \"${c3:-${d4=e5}}\" \\\n f6\n",
    ),
    (
        "a.tf",
        "a \"b\" c {\n d = \"e${f[\"g\"]}\" # h\n i { name = \"j\" value = <<-K\n  l\n K\n }\n m = merge({n = o, \"p\" : [q, 1]}, r) // é\n}\ns = jsonencode([{t = u ? \"v\" : 2 /* w */}])\nx = (\n y\n)\n",
    ),
    ("Procfile", "web: A=b c -e D=\"e\n# f\né: g=h\n"),
];

#[test]
fn no_edit_of_a_file_makes_a_reader_fail() {
    let mut random = Random(0x5eed);
    let alphabet: Vec<char> = "\"'`\\{}[]()<>|&;:=#$%!*-+,./ \t\r\n\0aZ09_é😀\u{feff}"
        .chars()
        .collect();
    for (path, sample) in SAMPLES {
        assert_sound(path, sample);
        for _ in 0..1_000 {
            let mut text: Vec<char> = sample.chars().collect();
            for _ in 0..=random.below(4) {
                let at = random.below(text.len());
                let length = random.below(12).min(text.len() - at);
                match random.below(4) {
                    0 => drop(text.drain(at..at + length)),
                    1 => text.insert(at, alphabet[random.below(alphabet.len())]),
                    2 => text[at] = alphabet[random.below(alphabet.len())],
                    _ => {
                        let copied = text[at..at + length].to_vec();
                        let to = random.below(text.len());
                        text.splice(to..to, copied);
                    }
                }
                if text.is_empty() {
                    text.push('a');
                }
            }
            assert_sound(path, &text.into_iter().collect::<String>());
        }
    }
}

#[test]
fn repeated_openings_do_not_take_forever() {
    let openings = [
        "\"",
        "'",
        "`",
        "\\",
        "{",
        "{{",
        "{%",
        "[",
        "(",
        "((",
        "$(",
        "${a:=",
        "<<a ",
        "<<a\n",
        "\\\n",
        "a=\"\n",
        "a='\n",
        "- ",
        "? ",
        "a: ",
        "a.",
        "[[",
        "/*",
        "#\n",
        "---\n{{\n",
        "a: |\n",
        "&a ",
        "*",
        "!a ",
        "\r",
        "\t",
        "a={",
        "RUN <<a\n",
        "ENV a=\"\n",
        "a\\\n",
        "%",
        "é",
    ];
    for (path, _) in SAMPLES {
        for opening in openings {
            assert_sound(path, &opening.repeat(2_000));
        }
    }
}

/// Asserts what holds for the facts of any text: places lie in it, on the borders of characters, and in order.
#[track_caller]
fn assert_sound(path: &str, text: &str) {
    let facts = parse(path, text);
    let spans = facts
        .config
        .iter()
        .flat_map(|setting| [setting.key_span, setting.value_span])
        .chain(facts.comments.iter().map(|comment| comment.span))
        .chain(facts.waivers.iter().flat_map(|waiver| [waiver.span, waiver.covers]))
        .chain(facts.problems.iter().map(|problem| problem.span));
    for span in spans {
        assert!(
            text.get(span.start as usize..span.end as usize).is_some(),
            "{path}: {span:?}\n{text:?}"
        );
    }
    assert!(
        facts.config.is_sorted_by_key(|setting| setting.key_span),
        "{path}\n{text:?}"
    );
    for setting in &facts.config {
        assert!(!facts.path(setting.path).is_empty(), "{path}\n{text:?}");
    }
}

/// A linear congruential generator: the same edits in every run.
struct Random(u64);

impl Random {
    /// A number below `limit`, or 0.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit.max(1)
    }
}
