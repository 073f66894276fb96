//! Dockerfiles: `ENV`, `ARG`, and the shell commands of the other instructions.

use super::Format;
use super::json;
use super::shell;
use super::words::{Dialect, Token, Words, unquoted};
use super::writer::{Writer, place};
use crate::source::Span;

pub(super) fn read(writer: &mut Writer, span: Span) {
    let text = &writer.text()[..span.end as usize];
    let mut reader = Reader {
        writer,
        text,
        at: span.start as usize,
        escape: escape(&text[span.start as usize..]),
    };
    while reader.at < text.len() {
        reader.line();
    }
}

/// The escape character that a parser directive at the top of the file chooses.
fn escape(text: &str) -> u8 {
    for line in text.lines() {
        let Some((name, value)) = line
            .trim_start()
            .strip_prefix('#')
            .and_then(|directive| directive.split_once('='))
        else {
            break;
        };
        if name.trim().eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return b'`';
        }
    }
    b'\\'
}

struct Reader<'w, 't> {
    writer: &'w mut Writer<'t>,
    text: &'t str,
    at: usize,
    escape: u8,
}

impl Reader<'_, '_> {
    fn line(&mut self) {
        let start = self.at;
        let end = self.line_end(start);
        let line = self.text[start..end].trim_end();
        let content = line.trim_start();
        let at = start + line.len() - content.len();
        self.at = end + 1;
        if content.starts_with('#') {
            self.writer.comment(place(at, start + line.len()));
        } else if !content.is_empty() {
            let end = self.instruction_end(at);
            self.at = end + 1;
            self.instruction(at, end);
        }
    }

    fn line_end(&self, start: usize) -> usize {
        self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |length| start + length)
    }

    /// Where the instruction at `start` ends: behind the last of its continued lines.
    fn instruction_end(&self, start: usize) -> usize {
        let mut line_start = start;
        let mut is_continued = false;
        loop {
            let end = self.line_end(line_start);
            let line = self.text[line_start..end].trim();
            let is_between = is_continued && (line.is_empty() || line.starts_with('#'));
            if !is_between && line.as_bytes().last() != Some(&self.escape) || end == self.text.len() {
                return end;
            }
            is_continued = true;
            line_start = end + 1;
        }
    }

    fn instruction(&mut self, start: usize, end: usize) {
        let text = self.text[start..end].trim_end();
        let length = text
            .find(|character: char| !character.is_ascii_alphabetic())
            .unwrap_or(text.len());
        let (name, rest) = text.split_at(length);
        let mut rest = rest.trim_start();
        while rest.starts_with("--") {
            // Options of the instruction itself.
            rest = rest
                .trim_start_matches(|character: char| !character.is_whitespace())
                .trim_start();
        }
        let arguments = place(start + text.len() - rest.len(), start + text.len());
        let name = name.to_ascii_uppercase();
        match name.as_str() {
            "ENV" => self.under(&name, |reader| reader.pairs(arguments, true)),
            "ARG" => self.under(&name, |reader| reader.pairs(arguments, false)),
            "RUN" | "CMD" | "ENTRYPOINT" => {
                let arguments = self.with_heredocs(arguments);
                self.under(&name, |reader| reader.commands(arguments));
            }
            "COPY" | "ADD" => self.copied(arguments),
            "ONBUILD" if !rest.is_empty() => self.instruction(arguments.start as usize, end),
            "HEALTHCHECK" => {
                if let Some(at) = rest.find("CMD") {
                    self.instruction(arguments.start as usize + at, end);
                }
            }
            _ => {}
        }
    }

    fn under(&mut self, name: &str, read: impl FnOnce(&mut Self)) {
        let name = self.writer.name(name);
        self.writer.enter(name);
        read(self);
        self.writer.leave();
    }

    /// `A=b C="d"`, or with `may_be_one` `A b` for the one variable A.
    fn pairs(&mut self, arguments: Span, may_be_one: bool) {
        let mut words = Words::new(self.text, arguments, Dialect::Pairs { escape: self.escape });
        let mut is_first = true;
        loop {
            match words.next() {
                Token::Word(word) => {
                    let written = self.writer.slice(word);
                    let start = word.start as usize;
                    match written.find('=') {
                        Some(length) => {
                            let value = place(start + length + 1, word.end as usize);
                            self.setting(place(start, start + length), value);
                        }
                        None if is_first && may_be_one => {
                            let rest = self.writer.slice(Span::new(word.end, arguments.end));
                            let value = arguments.end as usize - rest.trim_start().len();
                            if value < arguments.end as usize {
                                self.setting(word, place(value, arguments.end as usize));
                            }
                            return;
                        }
                        None => {}
                    }
                    is_first = false;
                }
                Token::Comment(comment) => self.writer.comment(comment),
                Token::End => return,
                _ => {}
            }
        }
    }

    fn setting(&mut self, key: Span, value: Span) {
        let name = self.writer.name(self.writer.slice(key));
        let text = unquoted(self.writer.slice(value), Dialect::Pairs { escape: self.escape });
        let scalar = self.writer.value(&text);
        self.writer.setting(name, key, scalar, value);
    }

    /// A command in exec form or in shell form.
    fn commands(&mut self, arguments: Span) {
        if self.writer.bytes(arguments).first() == Some(&b'[') {
            json::read_arguments(self.writer, arguments);
        } else if self.escape == b'\\' {
            // With another escape character the shell is none of POSIX.
            shell::read(self.writer, arguments, Dialect::Run);
        }
    }

    /// `arguments` with the lines of the here-documents that it starts.
    fn with_heredocs(&mut self, arguments: Span) -> Span {
        let mut end = arguments.end as usize;
        let text = self.writer.slice(arguments);
        if text.contains("<<") {
            for delimiter in delimiters(text) {
                end = self.heredoc_end(delimiter);
            }
        }
        place(arguments.start as usize, end)
    }

    /// Takes lines up to the one that says `delimiter`; gives where they end.
    fn heredoc_end(&mut self, delimiter: &str) -> usize {
        while self.at < self.text.len() {
            let start = self.at;
            let end = self.line_end(start);
            self.at = end + 1;
            if self.text[start..end].trim() == delimiter {
                return end;
            }
        }
        self.text.len()
    }

    /// `COPY <<EOF /app/.env`: a file that is written here.
    fn copied(&mut self, arguments: Span) {
        let text = self.writer.slice(arguments);
        let destination = text.split_ascii_whitespace().next_back().unwrap_or("");
        let format = Format::of(&unquoted(destination, Dialect::Pairs { escape: self.escape }));
        for delimiter in delimiters(text) {
            let start = self.at.min(self.text.len());
            let end = self.heredoc_end(delimiter);
            let body = &self.text[start..end];
            let body_end = body.rfind('\n').map_or(start, |at| start + at + 1);
            if let Some(format) = format {
                self.writer.embed(format, place(start, body_end));
            }
        }
    }
}

/// The words that end the here-documents of an instruction.
fn delimiters(arguments: &str) -> impl Iterator<Item = &str> {
    arguments.match_indices("<<").filter_map(|(at, _)| {
        let word = arguments[at + 2..]
            .trim_start_matches('-')
            .split_ascii_whitespace()
            .next()?;
        let word = word.trim_matches(['"', '\'']);
        (!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')).then_some(word)
    })
}

#[cfg(test)]
mod tests {
    use crate::parse::config::tests::{check, places};

    #[test]
    fn reads_env_and_arg() {
        check(
            "Dockerfile",
            "FROM x AS y\nARG A\nARG B=1 C=\"two words\"\nENV D=1 \\\n    # c\n    E='f g' \\\n\n    H=i\\ j\nENV K some value here\nenv L=${B:-x}\nLABEL m=n\nONBUILD ENV O=p\nENV Q=\nENV\n",
            r#"
            ARG.B = "1" @3:5
            ARG.C = "two words" @3:9
            ENV.D = "1" @4:5
            ENV.E = "f g" @6:5
            ENV.H = "i j" @8:5
            ENV.K = "some value here" @9:5
            ENV.L = "${B:-x}" @10:5
            ENV.O = "p" @12:13
            ENV.Q = - @13:5
            "#,
        );
        assert_eq!(
            places("Dockerfile", "ENV A=\"b c\" D e\nENV F  g h \n"),
            ["A|\"b c\"", "F|g h"]
        );
        check(
            "Dockerfile",
            "# escape=`\nENV A=b `\n  C=d\\e\nRUN set X=y\n",
            "ENV.A = \"b\" @2:5\nENV.C = \"d\\\\e\" @3:3",
        );
    }

    #[test]
    fn reads_commands() {
        check(
            "Dockerfile",
            "RUN export A=b && C=d make \\\n  # why\n  && E=f x\nRUN apt-get install \\\n    # no setting\n    pkg=1.0 \\\n    other=2\nCMD [\"sh\", \"-c\", \"G=h run\"]\nENTRYPOINT I=j app\nHEALTHCHECK --interval=5s CMD K=l curl x\nRUN --mount=type=cache,target=/x M=n y\n",
            r#"
            RUN.A = "b" @1:12
            RUN.C = "d" @1:19
            RUN.E = "f" @3:6
            CMD = "sh" @8:6
            CMD = "-c" @8:12
            CMD.G = "h" @8:19
            ENTRYPOINT.I = "j" @9:12
            CMD.K = "l" @10:31
            RUN.M = "n" @11:34
            "#,
        );
    }

    #[test]
    fn reads_heredocs() {
        check(
            "Dockerfile",
            "RUN <<EOF\nexport A=b\nEOF\nCOPY <<\"E1\" <<E2 /app/.env\nC=d\nE1\nF=g\nE2\nRUN cat > x.env <<EOF && y\nH=i\nEOF\nCOPY --chmod=1 a b\nENV J=k\nRUN <<OPEN\nL=m",
            r#"
            RUN.A = "b" @2:8
            C = "d" @5:1
            F = "g" @7:1
            RUN.H = "i" @10:1
            ENV.J = "k" @13:5
            RUN.L = "m" @15:1
            "#,
        );
    }
}
