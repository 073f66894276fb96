//! HCL, the language of Terraform, by its parser: blocks with labels, attributes, and expressions as far as they are values.
//!
//! A block gives a segment for its type and one for each label. What a `variable` has as its `default`, and a labelled block as
//! its `value`, is the value of what the label names. An expression that is computed is kept as if it stood in a text:
//! `var.name` is `${var.name}`. Functions that hand on what they get are looked through, `jsonencode([…])` and `merge({…}, …)`.

use super::Format;
use super::json::unescaped;
use super::tree::{Tree, Value};
use super::writer::{Writer, place};
use crate::facts::Scalar;
use crate::source::Span;
use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, FuncCall, Object, ObjectKey};
use hcl_edit::parser::parse_body;
use hcl_edit::structure::{Attribute, Block, Body, Structure};
use hcl_edit::template::HeredocTemplate;
use hcl_edit::visit::{Visit, visit_block_label, visit_expr};
use std::ops::Range;

pub(super) fn read(writer: &mut Writer, span: Span) {
    let text = writer.slice(span);
    let base = span.start as usize;
    let (text, body) = match parse_body(text) {
        Ok(body) => (text, body),
        Err(error) => {
            let offset = error.location().offset().min(text.len());
            let at = base + offset;
            // What is said behind it are the signs that could stand there.
            let message = error.message().split(';').next().unwrap_or_default();
            writer.problem(format!("not HCL: {message}"), place(at, at));
            let whole = whole_before(text, offset);
            (whole, parse_body(whole).unwrap_or_default())
        }
    };
    for comment in comments(text, &body) {
        writer.comment(place(base + comment.start, base + comment.end));
    }
    let mut tree = Tree::new(writer);
    tree.open_mapping(base);
    Reader {
        tree: &mut tree,
        text,
        base,
    }
    .body(&body, None);
    tree.close_all();
}

/// What stands before the block or attribute that `offset` is in: those of a file begin their lines, what is in them does not.
fn whole_before(text: &str, offset: usize) -> &str {
    let lines = text.get(..offset).unwrap_or("").split_inclusive('\n');
    let begin = lines.scan(0, |end, line| {
        let start = *end;
        *end += line.len();
        Some((start, line))
    });
    let begins = begin.filter(|(_, line)| line.starts_with(|sign: char| sign.is_ascii_alphabetic()));
    begins.last().map_or("", |(start, _)| &text[..start])
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

struct Reader<'r, 'w, 't> {
    tree: &'r mut Tree<'w, 't>,
    text: &'t str,
    /// Where the text begins in the file.
    base: usize,
}

impl<'t> Reader<'_, '_, 't> {
    /// Blocks and attributes; `label` is the last one of the block around.
    fn body(&mut self, body: &Body, label: Option<Span>) {
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => self.attribute_of(attribute, label),
                Structure::Block(block) => self.block(block, label),
            }
        }
    }

    fn attribute_of(&mut self, attribute: &Attribute, label: Option<Span>) {
        let key = self.place(attribute.key.span());
        match label {
            Some(label) if VALUES.contains(&attribute.key.as_str()) => {
                let name = self.inner(label);
                self.tree.key(name, key);
                self.expression(&attribute.value);
            }
            Some(label) => {
                self.open_keyed(label);
                self.attribute(key, &attribute.value);
                self.tree.close();
            }
            None => self.attribute(key, &attribute.value),
        }
    }

    fn attribute(&mut self, key: Span, value: &Expression) {
        let name = self.inner(key);
        self.tree.key(name, key);
        self.expression(value);
    }

    fn block(&mut self, block: &Block, around: Option<Span>) {
        let kind = self.place(block.ident.span());
        let labels = block.labels.iter().map(|label| self.place(label.span()));
        let mut above: Vec<Span> = around.into_iter().chain([kind]).chain(labels).collect();
        let label = if block.labels.is_empty() { None } else { above.pop() };
        for key in &above {
            self.open_keyed(*key);
        }
        // The block is one of perhaps many of its kind: `env { name = … value = … }`.
        let start = kind.end as usize;
        self.tree.open_sequence(start);
        self.tree.open_mapping(start);
        self.body(&block.body, label);
        for _ in 0..above.len() + 2 {
            self.tree.close();
        }
    }

    fn open_keyed(&mut self, key: Span) {
        let name = self.inner(key);
        self.tree.key(name, key);
        self.tree.open_mapping(key.start as usize);
    }

    /// The value of the last key, or an item.
    fn expression(&mut self, expression: &Expression) {
        let span = self.place(expression.span());
        match expression {
            Expression::Null(_) => self.scalar(Scalar::Nothing, span),
            Expression::Bool(truth) => {
                let written = self.tree.writer.name(self.written(span));
                self.scalar(Scalar::Truth(**truth, written), span);
            }
            Expression::Number(_) => {
                let written = self.tree.writer.name(self.written(span));
                self.scalar(Scalar::Number(written), span);
            }
            Expression::String(_) | Expression::StringTemplate(_) => {
                let text = self.tree.writer.value(&unescaped(self.inner(span)));
                self.scalar(text, span);
            }
            Expression::HeredocTemplate(heredoc) => self.heredoc(heredoc),
            Expression::Array(array) => self.items(array.iter(), span),
            Expression::Object(object) => self.object(object, span),
            // What it is given is one of several values of the key.
            Expression::FuncCall(call) if is_transparent(call) => self.items(call.args.iter(), span),
            _ => {
                let written = self.written(span);
                let computed = self.tree.writer.value(&format!("${{{written}}}"));
                self.scalar(computed, span);
            }
        }
    }

    fn items<'e>(&mut self, items: impl Iterator<Item = &'e Expression>, span: Span) {
        self.tree.open_sequence(span.start as usize);
        for item in items {
            self.expression(item);
        }
        self.tree.close();
    }

    /// `{ A = b, "C" : d }`
    fn object(&mut self, object: &Object, span: Span) {
        self.tree.open_mapping(span.start as usize);
        for (key, value) in object {
            let key = match key {
                ObjectKey::Ident(name) => name.span(),
                ObjectKey::Expression(key) => key.span(),
            };
            self.attribute(self.place(key), value.expr());
        }
        self.tree.close();
    }

    /// `<<-END`, lines, and the delimiter: a script or a document of its own, or a text.
    fn heredoc(&mut self, heredoc: &HeredocTemplate) {
        let lines = self.place(heredoc.template.span());
        let written = self.written(lines);
        let body = written.trim();
        let start = lines.start as usize + written.len() - written.trim_start().len();
        let span = place(start, start + body.len());
        let format = match body.as_bytes() {
            [b'#', b'!', ..] => Some(Format::Shell),
            [b'{' | b'[', ..] => Some(Format::Json),
            _ => None,
        };
        if !format.is_some_and(|format| self.tree.file(format, span)) {
            let scalar = self.tree.writer.value(body);
            let is_block = true;
            self.tree.scalar(Value { scalar, span, is_block });
        }
    }

    fn scalar(&mut self, scalar: Scalar, span: Span) {
        let is_block = false;
        self.tree.scalar(Value { scalar, span, is_block });
    }

    fn place(&self, span: Option<Range<usize>>) -> Span {
        let span = span.unwrap_or_default();
        place(self.base + span.start, self.base + span.end)
    }

    fn written(&self, span: Span) -> &'t str {
        let (start, end) = (span.start as usize, span.end as usize);
        self.text.get(start - self.base..end - self.base).unwrap_or("")
    }

    /// A text, key or label without its quotes.
    fn inner(&self, span: Span) -> &'t str {
        let written = self.written(span);
        written
            .strip_prefix('"')
            .map_or(written, |inner| inner.strip_suffix('"').unwrap_or(inner))
    }
}

fn is_transparent(call: &FuncCall) -> bool {
    call.name.namespace.is_empty() && TRANSPARENT.contains(&call.name.name.as_str())
}

/// The comments, which the parser gives no place: their signs stand outside of all texts.
fn comments(text: &str, body: &Body) -> Vec<Range<usize>> {
    let mut texts = Texts::default();
    texts.visit_body(body);
    let mut found = Vec::new();
    let mut at = 0;
    let behind = text.len()..text.len();
    for next in texts.places.into_iter().chain([behind]) {
        while let Some(comment) = text.get(at..next.start).and_then(|gap| first_comment(text, at, gap)) {
            at = comment.end;
            found.push(comment);
        }
        at = next.end.max(at);
    }
    found
}

/// The first comment that begins in `gap`, which begins at `start` of the text.
fn first_comment(text: &str, start: usize, gap: &str) -> Option<Range<usize>> {
    let signs = ["#", "//", "/*"].into_iter();
    let (begin, sign) = signs.filter_map(|sign| Some((start + gap.find(sign)?, sign))).min()?;
    let rest = &text[begin..];
    let length = match sign {
        "/*" => rest.find("*/").map_or(rest.len(), |end| end + 2),
        _ => rest.lines().next().map_or(0, |line| line.trim_end().len()),
    };
    Some(begin..begin + length)
}

/// The places of all texts, in order.
#[derive(Default)]
struct Texts {
    places: Vec<Range<usize>>,
}

impl Visit for Texts {
    fn visit_expr(&mut self, node: &Expression) {
        match node {
            Expression::String(_) | Expression::StringTemplate(_) | Expression::HeredocTemplate(_) => {
                self.places.extend(node.span());
            }
            _ => visit_expr(self, node),
        }
    }

    fn visit_block_label(&mut self, node: &hcl_edit::structure::BlockLabel) {
        self.places.extend(node.span());
        visit_block_label(self, node);
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
    fn broken_text_gives_what_stands_before_the_broken_block() {
        check(
            "a.tf",
            "a = \"b\"\nc \"d\" {\n  e = [1, }\n}\nf = 1\n",
            "a = \"b\" @1:1\n! not HCL: invalid expression @3:11\n",
        );
    }

    #[test]
    fn comments_are_told_from_texts() {
        let text = "a = \"b # c ${d} // e\" # f\ng = <<-H\n  # i\nH\n/* \"j */ k = [1, # l\n2] // m \"n\n";
        let facts = crate::parse::parse("a.tf", text);
        let comments = facts.comments.iter().map(|comment| facts.text(comment.text));
        assert_eq!(comments.collect::<Vec<_>>(), ["f", "\"j", "l", "m \"n"]);
    }
}
