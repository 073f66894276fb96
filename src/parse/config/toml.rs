//! TOML, by the events of its parser: unlike a table of values they have every key, duplicates and comments in order.

use super::tree::{Tree, Value};
use super::writer::{Writer, place};
use crate::facts::Scalar;
use crate::source::Span;
use std::borrow::Cow;
use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, Raw, Source};

/// Arrays and inline tables inside one another beyond this are skipped: the parser recurses into them.
const DEEPEST: usize = 64;

pub(super) fn read(writer: &mut Writer, span: Span) {
    let source = Source::new(writer.slice(span));
    let tokens = source.lex().into_vec();
    let mut errors = Vec::new();
    let mut reader = Reader {
        tree: Tree::new(writer),
        source,
        base: span.start as usize,
        keys: Vec::new(),
        open: Vec::new(),
    };
    reader.tree.open_mapping(reader.base);
    parse_document(&tokens, &mut reader, &mut errors);
    let end = source.input().len();
    reader.tree.close_all();
    for error in errors {
        let at = error.unexpected().or(error.context()).unwrap_or_default();
        let (from, to) = (at.start().min(end), at.end().min(end));
        let base = span.start as usize;
        writer.problem(
            format!("not TOML: {}", error.description()),
            place(base + from, base + to.max(from)),
        );
    }
}

struct Reader<'w, 't> {
    tree: Tree<'w, 't>,
    source: Source<'t>,
    base: usize,
    /// The parts of the key that is read.
    keys: Vec<(toml_parser::Span, Option<Encoding>)>,
    /// What is open in the expression that is read.
    open: Vec<Open>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `a.b.c =`: the mappings that its first parts opened.
    Key(usize),
    Array,
    Table,
    /// An array or table too deep to look into.
    Skipped,
}

impl<'t> Reader<'_, 't> {
    fn place(&self, span: toml_parser::Span) -> Span {
        place(self.base + span.start(), self.base + span.end())
    }

    fn raw(&self, span: toml_parser::Span, encoding: Option<Encoding>) -> Raw<'t> {
        let text = self.source.input().get(span.start()..span.end()).unwrap_or("");
        Raw::new_unchecked(text, encoding, span)
    }

    /// Opens the mappings of all parts of the key but the last, whose value comes next; gives how many.
    fn enter_key(&mut self, errors: &mut dyn ErrorSink) -> usize {
        let keys = std::mem::take(&mut self.keys);
        for (index, (span, encoding)) in keys.iter().enumerate() {
            if index > 0 {
                self.tree.open_mapping(self.base + span.start());
            }
            let mut text = Cow::Borrowed("");
            self.raw(*span, *encoding).decode_key(&mut text, errors);
            self.tree.key(&text, self.place(*span));
        }
        let opened = keys.len().saturating_sub(1);
        self.keys = keys;
        self.keys.clear();
        opened
    }

    /// The value of the innermost key is complete, if a key is what it belongs to.
    fn end_value(&mut self) {
        if let Some(Open::Key(opened)) = self.open.last().copied() {
            self.open.pop();
            for _ in 0..opened {
                self.tree.close();
            }
        }
    }

    /// Closes the array or table `kind` and whatever was left open in it.
    fn close(&mut self, kind: Open) {
        while let Some(open) = self.open.pop() {
            match open {
                Open::Key(opened) => {
                    for _ in 0..opened {
                        self.tree.close();
                    }
                }
                Open::Array | Open::Table => self.tree.close(),
                Open::Skipped => self.tree.skip(),
            }
            if open == kind || open == Open::Skipped {
                break;
            }
        }
        self.end_value();
    }

    /// Ends the table before, and whatever was left open in it.
    fn start_table(&mut self) {
        self.open.clear();
        self.keys.clear();
        self.tree.close_all();
        self.tree.open_mapping(self.base);
    }

    fn open(&mut self, kind: Open, span: toml_parser::Span) -> bool {
        if self.open.len() >= DEEPEST {
            let at = self.place(span);
            self.tree.writer.problem("nested too deeply: not read there", at);
            self.open.push(Open::Skipped);
            return false;
        }
        if kind == Open::Array {
            self.tree.open_sequence(self.base + span.start());
        } else {
            self.tree.open_mapping(self.base + span.start());
        }
        self.open.push(kind);
        true
    }
}

impl EventReceiver for Reader<'_, '_> {
    fn std_table_open(&mut self, _span: toml_parser::Span, _errors: &mut dyn ErrorSink) {
        self.start_table();
    }

    fn std_table_close(&mut self, span: toml_parser::Span, errors: &mut dyn ErrorSink) {
        self.enter_key(errors);
        self.tree.open_mapping(self.base + span.start());
    }

    fn array_table_open(&mut self, _span: toml_parser::Span, _errors: &mut dyn ErrorSink) {
        self.start_table();
    }

    fn array_table_close(&mut self, span: toml_parser::Span, errors: &mut dyn ErrorSink) {
        self.enter_key(errors);
        self.tree.open_sequence(self.base + span.start());
        self.tree.open_mapping(self.base + span.start());
    }

    fn inline_table_open(&mut self, span: toml_parser::Span, _errors: &mut dyn ErrorSink) -> bool {
        self.open(Open::Table, span)
    }

    fn inline_table_close(&mut self, _span: toml_parser::Span, _errors: &mut dyn ErrorSink) {
        self.close(Open::Table);
    }

    fn array_open(&mut self, span: toml_parser::Span, _errors: &mut dyn ErrorSink) -> bool {
        self.open(Open::Array, span)
    }

    fn array_close(&mut self, _span: toml_parser::Span, _errors: &mut dyn ErrorSink) {
        self.close(Open::Array);
    }

    fn simple_key(&mut self, span: toml_parser::Span, kind: Option<Encoding>, _errors: &mut dyn ErrorSink) {
        self.keys.push((span, kind));
    }

    fn key_val_sep(&mut self, _span: toml_parser::Span, errors: &mut dyn ErrorSink) {
        self.end_value();
        let opened = self.enter_key(errors);
        self.open.push(Open::Key(opened));
    }

    fn scalar(&mut self, span: toml_parser::Span, kind: Option<Encoding>, errors: &mut dyn ErrorSink) {
        let mut text = Cow::Borrowed("");
        let decoded = self.raw(span, kind).decode_scalar(&mut text, errors);
        let written = self.source.input().get(span.start()..span.end()).unwrap_or("");
        let writer = &mut *self.tree.writer;
        let scalar = match decoded {
            ScalarKind::Boolean(truth) => Scalar::Truth(truth, writer.name(written)),
            ScalarKind::Integer(_) | ScalarKind::Float => Scalar::Number(writer.name(written)),
            ScalarKind::String | ScalarKind::DateTime => writer.value(&text),
        };
        let span = self.place(span);
        self.tree.scalar(Value {
            scalar,
            span,
            is_block: false,
        });
        self.end_value();
    }

    fn comment(&mut self, span: toml_parser::Span, _errors: &mut dyn ErrorSink) {
        let span = self.place(span);
        self.tree.writer.comment(span);
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::config::tests::{check, places};

    #[test]
    fn reads_tables_and_values() {
        check(
            "a.toml",
            "a = 'x' # c\nb.c = true\n[t.\"u v\"]\nd = 1_0\ne = [1, \"f\", {g = 2}]\nh = {i.j = 1.5, k = []}\n[[env]]\nname = \"A\"\nvalue = \"b\"\n[[env]]\nname = \"C\"\nvalue = 3\n[w]\nl = 1979-05-27\nm = \"\"\"\nn\n\\\"\"\"\"\no = \"\"\na = 1\na = 2\n",
            r#"
            a = "x" @1:1
            b.c = true @2:3
            t.u v.d = 1_0 @4:1
            t.u v.e = 1 @5:6
            t.u v.e = "f" @5:9
            t.u v.e.g = 2 @5:15
            t.u v.h.i.j = 1.5 @6:8
            env.A = "b" @8:8
            env.C = 3 @11:8
            w.l = "1979-05-27" @14:1
            w.m = "n\n\"" @15:1
            w.o = - @18:1
            w.a = 1 @19:1
            w.a = 2 @20:1
            "#,
        );
        assert_eq!(
            places("a.toml", "\u{feff}a.'b c' = \"d\" # e\nf = ['A=b']\n"),
            ["'b c'|\"d\"", "A|b"]
        );
    }

    #[test]
    fn reads_on_behind_mistakes() {
        check(
            "a.toml",
            "a = \nb = 1\n[t\nc = {d = 2\ne = 3\n[u]\nf = {{ x }}\ng = 4\n",
            r#"
            a = - @1:1
            b = 1 @2:1
            t.c.d = 2 @4:6
            t.c.e = 3 @5:1
            g = 4 @8:1
            ! not TOML: string values must be quoted @1:5
            ! not TOML: unclosed table @3:3
            ! not TOML: missing comma between key-value pairs @5:1
            ! not TOML: missing key for inline table element @6:1
            ! not TOML: missing comma between key-value pairs @7:1
            ! not TOML: missing key for inline table element @7:6
            ! not TOML: missing comma between key-value pairs @8:1
            ! not TOML: unclosed inline table @8:6
            "#,
        );
    }

    #[test]
    fn depth_is_limited() {
        check(
            "a.toml",
            &format!("a = {}\nb = 1", "[".repeat(100_000)),
            "! nested too deeply: not read there @1:68\n! not TOML: unclosed array @2:6",
        );
    }
}
