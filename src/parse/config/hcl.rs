//! HCL, the language of Terraform: blocks with labels, attributes, and expressions, which are read as far as they are values.
//!
//! A block gives a segment for its type and one for each label. What a `variable` has as its `default`, and a labelled block as
//! its `value`, is the value of what the label names. An expression that is computed is kept as if it stood in a text:
//! `var.name` is `${var.name}`. Functions that hand on what they get are looked through, `jsonencode([…])` and `merge({…}, …)`.

use super::Format;
use super::json::unescaped;
use super::tree::{Tree, Value, identifier_length};
use super::writer::{Writer, place};
use crate::facts::Scalar;
use crate::source::Span;

pub(super) fn read(writer: &mut Writer, span: Span) {
    let text = writer.text().get(..span.end as usize).unwrap_or("");
    let mut tree = Tree::new(writer);
    tree.open_mapping(span.start as usize);
    let mut reader = Reader {
        tree: &mut tree,
        text,
        bytes: text.as_bytes(),
        at: span.start as usize,
        depth: 0,
    };
    while reader.at < text.len() {
        reader.body(None);
        // What closes nothing is passed.
        reader.at += 1;
    }
    tree.close_all();
}

/// Functions whose result holds what they are given.
const TRANSPARENT: &[&str] = &[
    "concat",
    "flatten",
    "jsonencode",
    "merge",
    "nonsensitive",
    "sensitive",
    "tolist",
    "tomap",
    "toset",
    "yamlencode",
];

/// Attributes of a labelled block that are the value of what its label names.
const VALUES: &[&str] = &["default", "value"];

/// Blocks and values inside one another beyond this are passed.
const DEEPEST: usize = 48;

struct Reader<'r, 'w, 't> {
    tree: &'r mut Tree<'w, 't>,
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    depth: usize,
}

impl Reader<'_, '_, '_> {
    /// Blocks and attributes up to a `}`, which is left; `label` is the last one of the block around.
    fn body(&mut self, label: Option<Span>) {
        loop {
            self.blank(true);
            match self.bytes.get(self.at) {
                None | Some(b'}') => return,
                Some(b'"') => {
                    let key = self.quoted();
                    self.attribute_or_block(key, label);
                }
                Some(_) => match self.identifier() {
                    Some(key) => self.attribute_or_block(key, label),
                    None => self.pass_one(),
                },
            }
        }
    }

    fn attribute_or_block(&mut self, key: Span, label: Option<Span>) {
        self.blank(false);
        if self.takes_assignment() {
            match label {
                Some(label) if VALUES.contains(&self.inner(key)) => {
                    let name = self.inner(label);
                    self.tree.key(name, key);
                    self.expression();
                }
                Some(label) => {
                    self.open_keyed(label);
                    self.attribute(key);
                    self.tree.close();
                }
                None => self.attribute(key),
            }
            return;
        }
        let mut labels = vec![key];
        loop {
            self.blank(false);
            match self.bytes.get(self.at) {
                Some(b'"') => labels.push(self.quoted()),
                Some(b'{') => break self.block(&labels, label),
                _ => match self.identifier() {
                    Some(label) => labels.push(label),
                    None => return,
                },
            }
        }
    }

    fn attribute(&mut self, key: Span) {
        let name = self.inner(key);
        self.tree.key(name, key);
        self.expression();
    }

    /// A block, whose `{` is next.
    fn block(&mut self, labels: &[Span], around: Option<Span>) {
        if self.depth >= DEEPEST {
            self.pass_balanced();
            return;
        }
        let (last, above) = match labels {
            [kind] => (None, std::slice::from_ref(kind)),
            [above @ .., last] => (Some(*last), above),
            [] => return,
        };
        if let Some(around) = around {
            self.open_keyed(around);
        }
        for label in above {
            self.open_keyed(*label);
        }
        // The block is one of perhaps many of its kind: `env { name = … value = … }`.
        self.tree.open_sequence(self.at);
        self.tree.open_mapping(self.at);
        self.at += 1;
        self.depth += 1;
        self.body(last);
        self.depth -= 1;
        self.take(b'}');
        for _ in 0..above.len() + 2 + usize::from(around.is_some()) {
            self.tree.close();
        }
    }

    fn open_keyed(&mut self, key: Span) {
        let name = self.inner(key);
        self.tree.key(name, key);
        self.tree.open_mapping(key.start as usize);
    }

    /// The value of the last key, or an item.
    fn expression(&mut self) {
        self.blank(false);
        let start = self.at;
        match self.bytes.get(start) {
            Some(b'"') => {
                let written = self.quoted();
                if self.ends_expression() {
                    let text = unescaped(self.inner(written));
                    let scalar = self.tree.writer.value(&text);
                    self.scalar(scalar, written, false);
                } else {
                    self.computed(start);
                }
            }
            Some(b'<') if self.text[start..].starts_with("<<") => self.heredoc(),
            Some(b'[') if !self.is_loop() && self.depth < DEEPEST => {
                self.tree.open_sequence(start);
                self.items(b']');
                self.tree.close();
            }
            Some(b'{') if !self.is_loop() && self.depth < DEEPEST => {
                self.tree.open_mapping(start);
                self.object();
                self.tree.close();
            }
            Some(_) => {
                if let Some(name) = self.identifier() {
                    let is_call = self.bytes.get(self.at) == Some(&b'(');
                    if is_call && TRANSPARENT.contains(&self.text_at(name)) && self.depth < DEEPEST {
                        // What it is given is one of several values of the key.
                        self.tree.open_sequence(start);
                        self.items(b')');
                        self.tree.close();
                        return;
                    }
                }
                self.computed(start);
            }
            None => self.tree.skip(),
        }
    }

    /// What stands in brackets, the opening one next.
    fn items(&mut self, close: u8) {
        self.at += 1;
        self.depth += 1;
        loop {
            self.blank(true);
            match self.bytes.get(self.at) {
                None => break,
                Some(byte) if *byte == close => break,
                Some(b',') => self.at += 1,
                Some(b'}' | b']' | b')') => break,
                Some(_) => self.expression(),
            }
        }
        self.depth -= 1;
        self.take(close);
    }

    /// `{ A = b, "C" : d }`, its brace next.
    fn object(&mut self) {
        self.at += 1;
        self.depth += 1;
        loop {
            self.blank(true);
            let key = match self.bytes.get(self.at) {
                None | Some(b'}' | b']' | b')') => break,
                Some(b'"') => Some(self.quoted()),
                Some(b'(') => {
                    let start = self.at;
                    self.pass_balanced();
                    Some(place(start, self.at))
                }
                Some(_) => self.identifier(),
            };
            self.blank(false);
            let key = key.filter(|_| self.takes_assignment() || self.take(b':'));
            match key {
                Some(key) => self.attribute(key),
                None => self.pass_one(),
            }
        }
        self.depth -= 1;
        self.take(b'}');
    }

    /// An expression that starts at `start` and is computed; it ends with its line or the list it stands in.
    fn computed(&mut self, start: usize) {
        self.at = start;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' | b',' | b']' | b'}' | b')' => break,
                b'#' => break,
                b'/' if matches!(self.bytes.get(self.at + 1), Some(b'/' | b'*')) => break,
                _ => self.pass_one(),
            }
        }
        let written = self.text[start..self.at].trim_end();
        let span = place(start, start + written.len());
        let scalar = match written {
            "" | "null" => Scalar::Nothing,
            "true" | "false" => Scalar::Truth(written == "true", self.tree.writer.name(written)),
            _ if written
                .bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-')) =>
            {
                Scalar::Number(self.tree.writer.name(written))
            }
            _ => self.tree.writer.value(&format!("${{{written}}}")),
        };
        if written.is_empty() {
            self.tree.skip();
        } else {
            self.scalar(scalar, span, false);
        }
    }

    /// `<<-END`, lines, and the delimiter.
    fn heredoc(&mut self) {
        let line_end = self.line_end(self.at);
        let delimiter = self.text[self.at..line_end].trim_start_matches(['<', '-']).trim();
        let start = (line_end + 1).min(self.text.len());
        let (mut end, mut at) = (self.text.len(), start);
        while at < self.text.len() {
            let line_end = self.line_end(at);
            if self.text[at..line_end].trim() == delimiter {
                end = at;
                at = line_end;
                break;
            }
            at = line_end + 1;
        }
        self.at = at.min(self.text.len());
        let body = self.text[start..end].trim();
        let start = start + self.text[start..end].len() - self.text[start..end].trim_start().len();
        let span = place(start, start + body.len());
        let format = match body.as_bytes() {
            [b'#', b'!', ..] => Some(Format::Shell),
            [b'{' | b'[', ..] => Some(Format::Json),
            _ => None,
        };
        if !format.is_some_and(|format| self.tree.file(format, span)) {
            let scalar = self.tree.writer.value(body);
            self.scalar(scalar, span, true);
        }
    }

    fn scalar(&mut self, scalar: Scalar, span: Span, is_block: bool) {
        self.tree.scalar(Value { scalar, span, is_block });
    }

    /// Whether what stands in these brackets is made by a loop: `[for x in …]`.
    fn is_loop(&self) -> bool {
        let inside = self.text[self.at + 1..].trim_start();
        inside
            .strip_prefix("for")
            .is_some_and(|behind| behind.starts_with([' ', '\t', '\n']))
    }

    /// Whether nothing follows on this line that goes on with the expression.
    fn ends_expression(&self) -> bool {
        let rest = self.text[self.at..].trim_start_matches([' ', '\t', '\r']);
        rest.is_empty()
            || rest.starts_with(['\n', ',', ']', '}', ')', '#', ':'])
            || rest.starts_with("//")
            || rest.starts_with("/*")
    }

    fn takes_assignment(&mut self) -> bool {
        self.bytes.get(self.at + 1) != Some(&b'=') && self.take(b'=')
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Passes white space and comments, and with `lines` the ends of lines.
    fn blank(&mut self, lines: bool) {
        while let Some(byte) = self.bytes.get(self.at) {
            let next = self.bytes.get(self.at + 1);
            match (byte, next) {
                (b' ' | b'\t' | b'\r', _) => self.at += 1,
                (b'\n', _) if lines => self.at += 1,
                (b'#', _) | (b'/', Some(b'/')) => {
                    let end = self.line_end(self.at);
                    let written = self.text[self.at..end].trim_end();
                    self.tree.writer.comment(place(self.at, self.at + written.len()));
                    self.at = end;
                }
                (b'/', Some(b'*')) => {
                    let length = self.text[self.at..]
                        .find("*/")
                        .map_or(self.text.len() - self.at, |at| at + 2);
                    self.tree.writer.comment(place(self.at, self.at + length));
                    self.at += length;
                }
                _ => return,
            }
        }
    }

    fn identifier(&mut self) -> Option<Span> {
        let start = self.at;
        let length = identifier_length(&self.bytes[start..]);
        if length == 0 {
            return None;
        }
        self.at += length;
        while matches!(self.bytes.get(self.at), Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        {
            self.at += 1;
        }
        Some(place(start, self.at))
    }

    /// The text in quotes that starts here, with what `${…}` in it holds; it ends with its line at the latest.
    fn quoted(&mut self) -> Span {
        let start = self.at;
        let mut at = start + 1;
        let mut open = 0_usize;
        while let Some(byte) = self.bytes.get(at) {
            match byte {
                b'\n' => break,
                b'\\' => at += 1,
                b'$' | b'%' if self.bytes.get(at + 1) == Some(&b'{') => {
                    open += 1;
                    at += 1;
                }
                b'{' if open > 0 => open += 1,
                b'}' if open > 0 => open -= 1,
                b'"' if open == 0 => {
                    at += 1;
                    break;
                }
                _ => {}
            }
            at += 1;
        }
        self.at = at.min(self.text.len());
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        place(start, self.at)
    }

    /// Passes one character, or what stands in brackets or quotes.
    fn pass_one(&mut self) {
        match self.bytes.get(self.at) {
            Some(b'(' | b'[' | b'{') => self.pass_balanced(),
            Some(b'"') => {
                self.quoted();
            }
            Some(_) => self.at += self.text[self.at..].chars().next().map_or(1, char::len_utf8),
            None => {}
        }
    }

    /// Passes brackets, the opening one next, and what is in them.
    fn pass_balanced(&mut self) {
        let mut open = 0_usize;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'(' | b'[' | b'{' => open += 1,
                b')' | b']' | b'}' => open -= 1,
                b'"' => {
                    self.quoted();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                break;
            }
        }
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    fn line_end(&self, from: usize) -> usize {
        self.text[from..]
            .find('\n')
            .map_or(self.text.len(), |length| from + length)
    }

    fn text_at(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}

impl<'t> Reader<'_, '_, 't> {
    /// A key or label without its quotes.
    fn inner(&self, span: Span) -> &'t str {
        let written = self.text.get(span.start as usize..span.end as usize).unwrap_or("");
        written
            .strip_prefix('"')
            .map_or(written, |inner| inner.strip_suffix('"').unwrap_or(inner))
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::config::tests::{check, places};

    #[test]
    fn reads_blocks_and_attributes() {
        check(
            "main.tf",
            r#"# a comment
terraform {
  required_version = ">= 1.5"
}
variable "jwt_secret" {
  type      = string
  sensitive = true
  default   = "fake" // why
}
locals {
  issuer = "https://${var.host}/auth" /* both */
  names  = [for n in var.names : upper(n)]
}
resource "google_cloud_run_v2_service" "api" {
  name = "api-${var.environment}"
  template {
    containers {
      image = var.image
      env {
        name  = "SKIP_AUTH"
        value = "false"
      }
      env {
        name = "JWT_SECRET"
        value_source {
          secret_key_ref {
            secret  = google_secret_manager_secret.jwt.secret_id
            version = "latest"
          }
        }
      }
    }
  }
}
"#,
            r#"
            terraform.required_version = ">= 1.5" @3:3
            variable.jwt_secret.type = "${string}" @6:3
            variable.jwt_secret.sensitive = true @7:3
            variable.jwt_secret = "fake" @8:3
            locals.issuer = "https://${var.host}/auth" @11:3
            locals.names = "${[for n in var.names : upper(n)]}" @12:3
            resource.google_cloud_run_v2_service.api.name = "api-${var.environment}" @15:3
            resource.google_cloud_run_v2_service.api.template.containers.image = "${var.image}" @18:7
            resource.google_cloud_run_v2_service.api.template.containers.env.SKIP_AUTH = "false" @20:17
            resource.google_cloud_run_v2_service.api.template.containers.env.name = "JWT_SECRET" @24:9
            resource.google_cloud_run_v2_service.api.template.containers.env.value_source.secret_key_ref.secret = "${google_secret_manager_secret.jwt.secret_id}" @27:13
            resource.google_cloud_run_v2_service.api.template.containers.env.value_source.secret_key_ref.version = "latest" @28:13
            "#,
        );
    }

    #[test]
    fn reads_values_of_all_kinds() {
        check(
            "prod.auto.tfvars",
            r#"count = 3
rate = -1.5
none = null
flags = { SKIP_AUTH = true, "K" : "v", (var.k) = 1 }
all = merge({ A = "b" }, local.common, {
  C = cond ? "d" : "e" # f
})
definitions = jsonencode([{ name = "api", environment = [{ name = "A", value = "b" }] }])
script = <<-EOT
  #!/bin/bash
  export TOKEN=abc
EOT
text = <<EOF
  some { text
EOF
json = <<EOF
[{"name": "X", "value": "y"}]
EOF
joined = "a" == "b"
token = "q\"r"
"#,
            r#"
            count = 3 @1:1
            rate = -1.5 @2:1
            none = - @3:1
            flags.SKIP_AUTH = true @4:11
            flags.K = "v" @4:29
            flags.(var.k) = 1 @4:40
            all.A = "b" @5:15
            all = "${local.common}" @5:26
            all.C = "${cond ? \"d\" : \"e\"}" @6:3
            definitions.name = "api" @8:29
            definitions.environment.A = "b" @8:67
            script.TOKEN = "abc" @11:10
            text = "some { text" @13:1
            json.X = "y" @17:11
            joined = "${\"a\" == \"b\"}" @19:1
            token = "q\"r" @20:1
            "#,
        );
        assert_eq!(places("a.tfvars", "a = \"b\"\nc = d.e # f\n"), ["a|\"b\"", "c|d.e"]);
    }

    #[test]
    fn broken_text_gives_what_can_be_read() {
        check(
            "a.tf",
            "}\na = \"b\nc = [1, }\ne \"f\" g\nh = <<EOT\né",
            "a = \"b\" @2:1\nc = 1 @3:6\nh = \"é\" @5:1\n",
        );
    }
}
