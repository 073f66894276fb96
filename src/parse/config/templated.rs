//! YAML that does not parse, most often a template of it (Helm, Jinja): line by line, nesting by indentation.
//!
//! Lines that only steer the template say nothing; `key: {{ value }}` is a setting whose value is the text as written.

use super::json;
use super::tree::{Tree, Value, assignment, unquoted};
use super::writer::{LONG_VALUE, Writer, place};
use super::yaml;
use crate::facts::Scalar;
use crate::source::Span;
use std::borrow::Cow;

pub(super) fn read(writer: &mut Writer, span: Span) {
    let text = writer.text();
    let start = writer.with_indentation(span).start as usize;
    let mut reader = Reader {
        tree: Tree::new(writer),
        text: &text[..span.end as usize],
        next: start,
        levels: Vec::new(),
        has_open_end: false,
    };
    while reader.next < reader.text.len() {
        reader.line();
    }
    reader.tree.close_all();
}

struct Reader<'w, 't> {
    tree: Tree<'w, 't>,
    text: &'t str,
    /// Where the next line starts.
    next: usize,
    /// What is open in the tree, and the column its entries start at.
    levels: Vec<Level>,
    /// Whether a template statement was never closed: the next ones are not searched for either.
    has_open_end: bool,
}

#[derive(Clone, Copy)]
struct Level {
    column: usize,
    is_sequence: bool,
}

impl<'t> Reader<'_, 't> {
    /// Takes the next line: its text without the line ending, and where it starts.
    fn take_line(&mut self) -> (usize, &'t str) {
        let start = self.next;
        let rest = &self.text[start..];
        let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
        self.next = start + length;
        (start, rest[..length].trim_end())
    }

    fn line(&mut self) {
        let (line_start, line) = self.take_line();
        let mut content = line.trim_start();
        let mut column = line.len() - content.len();
        while content.starts_with("{{") || content.starts_with("{%") || content.starts_with("{#") {
            let Some(rest) = self.behind_template(content, line_start + column) else {
                return;
            };
            if rest.starts_with(':') {
                break;
            }
            content = rest.trim_start();
            column = line.len() - content.len();
        }
        if content.starts_with('#') {
            self.tree
                .writer
                .comment(place(line_start + column, line_start + line.len()));
            return;
        }
        if content.starts_with("---") {
            self.levels.clear();
            self.tree.close_all();
            return;
        }
        if content.is_empty() {
            return;
        }
        self.leave_levels(column, is_item(content));
        while is_item(content) {
            if !self
                .levels
                .last()
                .is_some_and(|level| level.is_sequence && level.column == column)
            {
                self.tree.open_sequence(line_start + column);
                self.levels.push(Level {
                    column,
                    is_sequence: true,
                });
            }
            content = content[1..].trim_start();
            column = line.len() - content.len();
        }
        if !content.is_empty() {
            self.entry(content, line_start, column);
        }
    }

    /// What stands behind the template statement at the start of `content`; nothing if it goes on over the next lines, which are
    /// taken too.
    fn behind_template(&mut self, content: &'t str, start: usize) -> Option<&'t str> {
        let close = match content.as_bytes().get(1) {
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            _ => "}}",
        };
        if let Some(at) = content.find(close) {
            return Some(&content[at + 2..]);
        }
        if !self.has_open_end {
            match self.text[start..].find(close) {
                Some(at) => {
                    let rest = &self.text[start + at..];
                    self.next = start + at + rest.find('\n').map_or(rest.len(), |at| at + 1);
                }
                None => self.has_open_end = true,
            }
        }
        None
    }

    /// Closes what a line at `column` does not belong to.
    fn leave_levels(&mut self, column: usize, is_item: bool) {
        while let Some(level) = self.levels.last() {
            if level.column < column || (level.column == column && (is_item || !level.is_sequence)) {
                break;
            }
            self.tree.close();
            self.levels.pop();
        }
    }

    /// `key: value`, `KEY=value` or the item of a sequence, at `column` of the line.
    fn entry(&mut self, content: &'t str, line_start: usize, column: usize) {
        let start = line_start + column;
        let Some((key, behind)) = split_key(content) else {
            if let Some((key, value)) = assignment(content) {
                let at = start + key.len() + 1;
                let name = self.tree.writer.name(key);
                let scalar = self.tree.writer.value(unquoted(value));
                let (key_span, value_span) = (place(start, start + key.len()), place(at, at + value.len()));
                self.tree.writer.setting(name, key_span, scalar, value_span);
            } else if let Some(level) = self.levels.last().filter(|level| level.is_sequence) {
                self.value(content, start, level.column);
            }
            return;
        };
        if !self
            .levels
            .last()
            .is_some_and(|level| !level.is_sequence && level.column == column)
        {
            self.tree.open_mapping(start);
            self.levels.push(Level {
                column,
                is_sequence: false,
            });
        }
        self.tree.key(unquoted(key), place(start, start + key.len()));
        let value = content[behind..].trim_start();
        self.value(value, start + content.len() - value.len(), column);
    }

    /// The value or item `written`, with a comment behind it perhaps; `column` is that of its key or dash.
    fn value(&mut self, written: &'t str, start: usize, column: usize) {
        if written.starts_with(['"', '\'']) && self.quoted(start) {
            return;
        }
        let (mut written, mut start) = (self.without_comment(written, start), start);
        if written.starts_with('&') {
            let rest = written.split_once(' ').map_or("", |(_, rest)| rest).trim_start();
            start += written.len() - rest.len();
            written = rest;
        }
        match written.as_bytes() {
            [] | b"{}" | b"[]" => {}
            [b'*', ..] => self.tree.skip(),
            [b'|' | b'>', rest @ ..] if rest.iter().all(|byte| matches!(byte, b'-' | b'+' | b'0'..=b'9')) => {
                self.block(column);
            }
            [b'[', ..] | [b'{', ..] if yaml::read_flow(&mut self.tree, place(start, start + written.len())) => {}
            _ => {
                let span = place(start, start + written.len());
                let scalar = yaml::plain(self.tree.writer, written);
                self.scalar(scalar, span, false);
            }
        }
    }

    /// Reads the value in quotes that starts at `start`, and the lines it goes over; whether it is closed and nothing but a comment
    /// follows.
    fn quoted(&mut self, start: usize) -> bool {
        let limit = self.text.floor_char_boundary((start + LONG_VALUE).min(self.text.len()));
        let bytes = &self.text.as_bytes()[..limit];
        let quote = bytes[start];
        let mut at = start + 1;
        loop {
            match bytes.get(at) {
                None => return false,
                Some(b'\\') if quote == b'"' => at += 2,
                Some(b'\'') if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 2,
                Some(byte) if *byte == quote => break,
                Some(_) => at += 1,
            }
        }
        let rest = &self.text[at + 1..];
        let line = rest[..rest.find('\n').unwrap_or(rest.len())].trim_end();
        let behind = line.trim_start();
        let has_comment = behind.starts_with('#') && behind.len() < line.len();
        if !behind.is_empty() && !has_comment {
            return false;
        }
        let end = at + 1;
        if has_comment {
            self.tree
                .writer
                .comment(place(end + line.len() - behind.len(), end + line.len()));
        }
        self.next = self.next.max(end + rest.find('\n').map_or(rest.len(), |at| at + 1));
        let inner = &self.text[start + 1..at];
        let inner = if inner.contains('\n') {
            Cow::Owned(inner.lines().map(str::trim).collect::<Vec<_>>().join(" "))
        } else {
            Cow::Borrowed(inner)
        };
        let scalar = if quote == b'"' {
            self.tree.writer.value(&json::unescaped(&inner))
        } else {
            self.tree.writer.value(&inner.replace("''", "'"))
        };
        self.scalar(scalar, place(start, end), false);
        true
    }

    /// The block scalar whose lines follow, deeper than `column`.
    fn block(&mut self, column: usize) {
        let start = self.next;
        let mut end = start;
        while self.next < self.text.len() {
            let line_start = self.next;
            let (_, line) = self.take_line();
            let content = line.trim_start();
            let is_inside = content.is_empty() || line.len() - content.len() > column || content.starts_with("{{");
            if !is_inside {
                self.next = line_start;
                break;
            }
            if !content.is_empty() {
                end = line_start + line.len();
            }
        }
        let text = &self.text[start..end];
        let span = place(end - text.trim_start().len(), end);
        let scalar = self.tree.writer.value(text.trim_start());
        self.scalar(scalar, span, true);
    }

    fn scalar(&mut self, scalar: Scalar, span: Span, is_block: bool) {
        self.tree.scalar(Value { scalar, span, is_block });
    }

    /// `written` up to the comment behind it, which is noted.
    fn without_comment(&mut self, written: &'t str, start: usize) -> &'t str {
        let from = match written.as_bytes() {
            [quote @ (b'"' | b'\''), rest @ ..] => rest.iter().position(|byte| byte == quote).map_or(0, |at| at + 2),
            _ => 0,
        };
        let sign = written[from..]
            .match_indices('#')
            .map(|(at, _)| from + at)
            .find(|at| *at == 0 || written.as_bytes()[at - 1].is_ascii_whitespace());
        match sign {
            Some(at) => {
                self.tree.writer.comment(place(start + at, start + written.len()));
                written[..at].trim_end()
            }
            None => written,
        }
    }
}

fn is_item(content: &str) -> bool {
    content == "-" || content.starts_with("- ")
}

/// The key of `key: value`, quotes included, and where in `content` its colon ends.
fn split_key(content: &str) -> Option<(&str, usize)> {
    let bytes = content.as_bytes();
    let from = match bytes.first()? {
        quote @ (b'"' | b'\'') => bytes[1..].iter().position(|byte| byte == quote)? + 2,
        b'{' => content.find("}}")? + 2,
        b'[' | b'#' | b'|' | b'>' | b'*' | b'&' | b'!' => return None,
        _ => 0,
    };
    let colon = content[from..]
        .match_indices(':')
        .map(|(at, _)| from + at)
        .find(|at| bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace))?;
    let key = content[..colon].trim_end();
    (!key.is_empty() && !key[from.min(key.len())..].contains(" #")).then_some((key, colon + 1))
}

#[cfg(test)]
mod tests {
    use crate::parse::config::tests::{check, places};

    #[test]
    fn reads_a_helm_template() {
        check(
            "templates/deployment.yaml",
            r#"{{- if .Values.enabled -}}
apiVersion: apps/v1
metadata:
  name: {{ include "x.name" . }}
  {{- with .Values.labels }}
  labels:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  containers:
    - name: api
      image: "{{ .Values.image }}:1"
      env:
        {{- /* a comment
        over lines */}}
        - name: SKIP_AUTH
          value: "true" # why
        - name: SECRET
          valueFrom:
            secretKeyRef:
              key: {{ .Values.key }}
      args: ["a", "b"]
      command:
      - >-
        export Q=r
      ports: []
      command: &c sh
    - name: two
      run: |
        export A=b
        {{- if .x }}
        C=d make
        {{- end }}
      n: 1
{{ .Values.k }}: off
{{- end }}
---
kind: {{ .Kind }}
"#,
            r#"
            apiVersion = "apps/v1" @2:1
            metadata.name = "{{ include \"x.name\" . }}" @4:3
            spec.containers.name = "api" @11:7
            spec.containers.image = "{{ .Values.image }}:1" @12:7
            spec.containers.env.SKIP_AUTH = "true" @16:17
            spec.containers.env.name = "SECRET" @18:11
            spec.containers.env.valueFrom.secretKeyRef.key = "{{ .Values.key }}" @21:15
            spec.containers.args = "a" @22:14
            spec.containers.args = "b" @22:19
            spec.containers.command.Q = "r" @25:16
            spec.containers.command = "sh" @27:7
            spec.containers.name = "two" @28:7
            spec.containers.run.A = "b" @30:16
            spec.containers.run.C = "d" @32:9
            spec.containers.n = 1 @34:7
            {{ .Values.k }} = false @35:1
            kind = "{{ .Kind }}" @38:1
            ! templated: read line by line @1:3
            ! templated: read line by line @38:7
            "#,
        );
    }

    #[test]
    fn reads_jinja_lists_and_assignments() {
        check(
            "compose.yml.j2",
            "services:\n  api:\n    environment:\n{% for e in envs %}\n    - NAME={{ e }}\n{% endfor %}\n    - 'A=b'\n    - plain\n  # note\n  \"q k\": 'v''w\n   x' # c\nE=f\ng: {h: [i, \"j\"], env: [{name: K, value: 1}]}\nl: [{{ m }}, n]\no: \"p\" q\n",
            r#"
            services.api.environment.NAME = "{{ e }}" @5:7
            services.api.environment.A = "b" @7:8
            services.api.environment = "plain" @8:7
            services.q k = "v'w x" @10:3
            E = "f" @12:1
            g.h = "i" @13:9
            g.h = "j" @13:12
            g.env.K = 1 @13:31
            l = "[{{ m }}, n]" @14:1
            o = "\"p\" q" @15:1
            ! templated: read line by line @4:2
            "#,
        );
        assert_eq!(places("a.yml", "{{ x }}\na: 'b' # c\n- d: e f\n"), ["a|'b'", "d|e f"]);
    }

    #[test]
    fn open_template_statements_do_not_take_forever() {
        check("a.yml", &"{{\n".repeat(20_000), "! templated: read line by line @128:2");
    }
}
