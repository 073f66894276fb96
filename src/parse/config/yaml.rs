//! YAML of any number of documents, by granit's events.
//!
//! A document that does not parse, or that is a template of one, is read again by [`templated`] line by line.

use super::templated;
use super::tree::{Tree, Value};
use super::writer::{Writer, place};
use crate::facts::Scalar;
use crate::source::Span;
use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};
use rustc_hash::FxHashMap;

pub(super) fn read(writer: &mut Writer, span: Span) {
    let text = &writer.text()[..span.end as usize];
    let mut start = span.start as usize;
    while start < text.len() {
        let document = place(start, document_end(text, start));
        start = document.end as usize;
        let mark = writer.mark();
        let Err(broken) = read_document(writer, document) else {
            continue;
        };
        writer.rewind(mark);
        let written = writer.slice(document);
        let message = match broken.error {
            Some(error) if !written.contains("{{") && !written.contains("{%") => {
                format!("read line by line: {error}")
            }
            _ => "templated: read line by line".to_owned(),
        };
        let at = broken.at.min(text.len());
        writer.problem(message, place(at, at));
        templated::read(writer, document);
    }
}

/// Reads the flow mapping or sequence at `span` into `tree`; whether it is one.
pub(super) fn read_flow(tree: &mut Tree, span: Span) -> bool {
    let text = tree.writer.slice(span);
    let is_template = |event: &Event, start: usize| {
        matches!(event, Event::MappingStart(..)) && text.as_bytes().get(start + 1) == Some(&b'{')
    };
    let is_flow = Parser::new_from_str(text).all(|next| {
        next.is_ok_and(|(event, token)| !is_template(&event, token.byte_range().unwrap_or_default().start))
    });
    if !is_flow {
        return false;
    }
    let base = span.start as usize;
    let mut walk = Walk::default();
    for (event, token) in Parser::new_from_str(text).flatten() {
        let range = token.byte_range().unwrap_or_default();
        walk.event(tree, event, place(base + range.start, base + range.end), None);
    }
    true
}

/// Where the document that starts at `start` ends: before the next `---`, unless only directives stand before it.
fn document_end(text: &str, start: usize) -> usize {
    let mut from = start;
    while let Some(found) = text[from..].find("\n---") {
        let end = from + found + 1;
        let is_marker = text.as_bytes().get(end + 3).is_none_or(u8::is_ascii_whitespace);
        let has_content = |line: &str| !line.trim_start().is_empty() && !line.starts_with(['%', '#']);
        if is_marker && text[start..end].lines().any(has_content) {
            return end;
        }
        from = end;
    }
    text.len()
}

/// Why a document could not be read as YAML.
struct Broken {
    at: usize,
    /// What is wrong with it; nothing if it is a template that could pass for YAML.
    error: Option<String>,
}

fn read_document(writer: &mut Writer, span: Span) -> Result<(), Broken> {
    let base = span.start as usize;
    let text = writer.slice(span);
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        max_buffered_comment_events: usize::MAX,
    };
    let mut tree = Tree::new(writer);
    let mut walk = Walk::default();
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, token) = next.map_err(|error| Broken {
            at: base + error.marker().byte_offset().unwrap_or(0),
            error: Some(error.info()),
        })?;
        let range = token.byte_range().unwrap_or_default();
        let at = base + range.start;
        if let Event::MappingStart(StructureStyle::Flow, ..) = event
            && text.as_bytes().get(range.start + 1) == Some(&b'{')
        {
            return Err(Broken { at, error: None });
        }
        let tag = token
            .tag_start()
            .and_then(|tag| tag.byte_offset())
            .map(|tag| base + tag);
        walk.event(&mut tree, event, place(at, base + range.end), tag);
    }
    Ok(())
}

#[derive(Default)]
struct Walk {
    /// The values of the scalars that have an anchor.
    anchors: FxHashMap<usize, Scalar>,
    /// A mapping or sequence that is a key: how deep the walk is in it, and where it starts.
    complex_key: Option<(usize, u32)>,
}

impl Walk {
    fn event(&mut self, tree: &mut Tree, event: Event, span: Span, tag_start: Option<usize>) {
        if let Event::Comment(..) = event {
            tree.writer.comment(span);
            return;
        }
        if let Some((depth, start)) = &mut self.complex_key {
            match event {
                Event::MappingStart(..) | Event::SequenceStart(..) => *depth += 1,
                Event::MappingEnd | Event::SequenceEnd => {
                    *depth -= 1;
                    if *depth == 0 {
                        let key = Span::new(*start, span.end);
                        self.complex_key = None;
                        tree.key(tree.writer.slice(key), key);
                    }
                }
                _ => {}
            }
            return;
        }
        match event {
            Event::MappingStart(..) | Event::SequenceStart(..) if tree.expects_key() => {
                self.complex_key = Some((1, span.start));
            }
            Event::MappingStart(..) => tree.open_mapping(span.start as usize),
            Event::SequenceStart(..) => tree.open_sequence(span.start as usize),
            Event::MappingEnd | Event::SequenceEnd => tree.close(),
            Event::Scalar(text, ..) if tree.expects_key() => tree.key(&text, span),
            Event::Scalar(text, style, anchor, tag) => {
                let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let written = tree.writer.slice(span);
                let span = place(span.start as usize, span.start as usize + written.trim_end().len());
                let is_text = tag.as_ref().is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let scalar = if tag.as_ref().is_some_and(|tag| !tag.is_yaml_core_schema()) {
                    // `!secret name` says where a value comes from, not what it is.
                    let start = tag_start.unwrap_or(span.start as usize);
                    tree.writer.value(tree.writer.slice(place(start, span.end as usize)))
                } else if style == ScalarStyle::Plain && !is_text {
                    if span.start == span.end {
                        Scalar::Nothing
                    } else {
                        plain(tree.writer, &text)
                    }
                } else {
                    tree.writer.value(&text)
                };
                if anchor > 0 {
                    self.anchors.insert(anchor, scalar);
                }
                tree.scalar(Value { scalar, span, is_block });
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) if tree.expects_key() => {
                tree.key(tree.writer.slice(span), span);
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(scalar) => tree.scalar(Value {
                    scalar: *scalar,
                    span,
                    is_block: false,
                }),
                None => tree.merge(span),
            },
            Event::UnresolvedAlias(_) => tree.merge(span),
            _ => {}
        }
    }
}

/// What a plain scalar of YAML 1.1 stands for.
pub(super) fn plain(writer: &mut Writer, text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Nothing,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Scalar::Truth(true, writer.name(text)),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Scalar::Truth(false, writer.name(text))
        }
        _ if is_number(text) => Scalar::Number(writer.name(text)),
        _ => writer.value(text),
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(digits) = unsigned.strip_prefix("0x") {
        return !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_');
    }
    let digits = unsigned
        .strip_prefix("0o")
        .or_else(|| unsigned.strip_prefix("0b"))
        .unwrap_or(unsigned);
    if digits.eq_ignore_ascii_case(".inf") || text.eq_ignore_ascii_case(".nan") {
        return true;
    }
    let (mut has_digit, mut has_point, mut has_exponent) = (false, false, false);
    let mut before = 0;
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => has_digit = true,
            b'_' if has_digit => {}
            b'.' if !has_point && !has_exponent => has_point = true,
            b'e' | b'E' if has_digit && !has_exponent => has_exponent = true,
            b'-' | b'+' if matches!(before, b'e' | b'E') => {}
            _ => return false,
        }
        before = byte;
    }
    has_digit && !matches!(before, b'e' | b'E' | b'-' | b'+')
}

#[cfg(test)]
mod tests {
    use crate::parse::config::tests::{check, places};

    #[test]
    fn reads_nested_keys_and_the_types_of_yaml() {
        check(
            "values.yaml",
            "a:\n  b: true\n  'c': \"true\"\n  d: off\n  e: 1_000\n  f: -1.5e3\n  g: 0x1F\n  h: ~\n  i:\n  j: 1.2.3\n  k: text # c\n  l: ''\n\"é\": ü\nm: No\nn: 2024-01-01\no: .inf\np: !!str yes\nq: http://x:80/y#z\n",
            r#"
            a.b = true @2:3
            a.c = "true" @3:3
            a.d = false @4:3
            a.e = 1_000 @5:3
            a.f = -1.5e3 @6:3
            a.g = 0x1F @7:3
            a.h = - @8:3
            a.i = - @9:3
            a.j = "1.2.3" @10:3
            a.k = "text" @11:3
            a.l = - @12:3
            é = "ü" @13:1
            m = false @14:1
            n = "2024-01-01" @15:1
            o = .inf @16:1
            p = "yes" @17:1
            q = "http://x:80/y#z" @18:1
            "#,
        );
    }

    #[test]
    fn reads_environments_of_compose_and_kubernetes() {
        check(
            "docker-compose.yml",
            "services:\n  api:\n    environment:\n      - SKIP_AUTH=true\n      - \"URL=http://x?a=b\"\n      - EMPTY=\n      - FROM_OUTSIDE\n      - Q=\"quoted\"\n  db:\n    environment:\n      SKIP_AUTH: \"false\"\n      N: 1\n",
            r#"
            services.api.environment.SKIP_AUTH = "true" @4:9
            services.api.environment.URL = "http://x?a=b" @5:10
            services.api.environment.EMPTY = - @6:9
            services.api.environment = "FROM_OUTSIDE" @7:9
            services.api.environment.Q = "quoted" @8:9
            services.db.environment.SKIP_AUTH = "false" @11:7
            services.db.environment.N = 1 @12:7
            "#,
        );
        check(
            "deployment.yaml",
            "spec:\n  containers:\n  - name: api\n    env:\n    - name: SKIP_AUTH\n      value: \"true\"\n    - value: x\n      name: A\n    - name: B\n      valueFrom:\n        secretKeyRef: {name: s, key: k}\n    - {name: C, value: }\n",
            r#"
            spec.containers.name = "api" @3:5
            spec.containers.env.SKIP_AUTH = "true" @5:13
            spec.containers.env.A = "x" @8:13
            spec.containers.env.name = "B" @9:7
            spec.containers.env.valueFrom.secretKeyRef.name = "s" @11:24
            spec.containers.env.valueFrom.secretKeyRef.key = "k" @11:33
            spec.containers.env.C = - @12:14
            "#,
        );
        assert_eq!(
            places("a.yml", "env:\n- name: K\n  value: 'v' # c\n- A=b\n- \"C=d e\"\n- f\n"),
            ["K|'v'", "A|b", "C|d e", "f|f"]
        );
    }

    #[test]
    fn reads_documents_duplicates_anchors_and_complex_keys() {
        check(
            "a.yaml",
            "a: 1\na: 2\n---\nbase: &b {X: 1}\ns: &t yes\nuse: *b\nmore:\n  <<: *b\n  y: *t\n  z: *unknown\n? [k, l]\n: 3\n? {m: n}\n: {o: p}\n*t : 4\n...\n---\n- 5\n- [6]\n- q: [7, r]\n",
            r#"
            a = 1 @1:1
            a = 2 @2:1
            base.X = 1 @4:11
            s = true @5:1
            more.<< = "*b" @8:3
            more.y = true @9:3
            [k, l] = 3 @11:3
            {m: n}.o = "p" @14:4
            *t = 4 @15:1
            q = 7 @20:7
            q = "r" @20:10
            "#,
        );
    }

    #[test]
    fn keeps_tags_it_does_not_know() {
        check(
            "a.yaml",
            "a: !secret api_key\nb: !vault |\n  $ANSIBLE\n  123\nc: !Sub \"${X}\"\nd: !custom {e: f}\n",
            r#"
            a = "!secret api_key" @1:1
            b = "!vault |\n  $ANSIBLE\n  123" @2:1
            c = "!Sub \"${X}\"" @5:1
            d.e = "f" @6:13
            "#,
        );
    }

    #[test]
    fn reads_the_files_and_commands_inside() {
        check(
            ".github/workflows/ci.yml",
            "on: push\njobs:\n  test:\n    env:\n      SKIP_AUTH: ${{ vars.SKIP }}\n    steps:\n      - uses: actions/checkout@v4\n      - run: |\n          export A=b # why\n          echo \"C=d\" >> $GITHUB_ENV\n          cat > .env <<EOF\n          E=f\n          EOF\n          G=h pytest\n      - run: make\n",
            r#"
            on = "push" @1:1
            jobs.test.env.SKIP_AUTH = "${{ vars.SKIP }}" @5:7
            jobs.test.steps.uses = "actions/checkout@v4" @7:9
            jobs.test.steps.run.A = "b" @9:18
            jobs.test.steps.run.C = "d" @10:17
            jobs.test.steps.run.E = "f" @12:11
            jobs.test.steps.run.G = "h" @14:11
            jobs.test.steps.run = "make" @15:9
            "#,
        );
        check(
            "configmap.yaml",
            "data:\n  app.env: |\n    A=1\n    B=\"x\"\n  config.yaml: |\n    auth:\n      skip: true\n    list:\n    - C=d\n  app.properties: |-\n    a.b=c\n  cfg.toml: |\n    [t]\n    k = 1\n  x.json: >-\n    {\"j\": null}\n  app.ini: |\n    [s]\n    k = v\n  note: |\n    E=f\n",
            r#"
            data.app.env.A = "1" @3:5
            data.app.env.B = "x" @4:5
            data.config.yaml.auth.skip = true @7:7
            data.config.yaml.list.C = "d" @9:7
            data.app.properties.a.b = "c" @11:5
            data.cfg.toml.t.k = 1 @14:5
            data.x.json.j = - @16:6
            data.app.ini.s.k = "v" @19:5
            data.note = "E=f\n" @20:3
            "#,
        );
        check(
            ".gitlab-ci.yml",
            "script:\n  - export A=b\n  - C=d make test\n  - pytest\nvariables: {E: f}\nargs: [G=h i, j]\nentrypoint: sh -c \"K=l m\"\ncommand: [sh, -c, N=o p && export Q=r]\nscripts: {s: T=u v, w: [X=y z]}\n",
            r#"
            script.A = "b" @2:12
            script.C = "d" @3:5
            script = "pytest" @4:5
            variables.E = "f" @5:13
            args.G = "h i" @6:8
            args = "j" @6:15
            entrypoint.K = "l" @7:20
            command = "sh" @8:11
            command = "-c" @8:15
            command.N = "o" @8:19
            command.Q = "r" @8:35
            scripts.s.T = "u" @9:14
            scripts.w.X = "y" @9:25
            "#,
        );
    }

    #[test]
    fn reads_a_broken_document_line_by_line_and_goes_on() {
        check(
            "a.yaml",
            "a: 1\n---\nb: [${{ x }}, c]\nd: e\n---\nf: g\n---\nh: i\n j: k\n",
            r#"
            a = 1 @1:1
            b = "[${{ x }}, c]" @3:1
            d = "e" @4:1
            f = "g" @6:1
            h = "i" @8:1
            j = "k" @9:2
            ! templated: read line by line @3:6
            ! read line by line: mapping values are not allowed in this context @9:3
            "#,
        );
    }

    #[test]
    fn depth_is_limited() {
        let mut deep = String::new();
        for level in 0..100 {
            deep.push_str(&format!("{}k:\n", " ".repeat(level)));
        }
        deep.push_str(&format!("{}v: 1\nnext: 2\n", " ".repeat(100)));
        check(
            "a.yaml",
            &deep,
            "next = 2 @102:1\n! nested deeper than 64 levels: not read there @65:65",
        );
        check(
            "a.yaml",
            &"[".repeat(100_000),
            "! read line by line: recursion limit exceeded @1:256",
        );
    }
}
