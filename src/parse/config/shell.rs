//! Shell scripts: the variables that their commands set.
//!
//! `A=b`, `A=b command`, `export A=b`, `: "${A:=b}"`, flags like `docker run -e A=b`, words like `fly secrets set A=b`, `echo A=b >> file.env`, and the
//! here-documents that write a configuration file or feed a shell.

use super::Format;
use super::tree::{assignment, identifier_length, is_script_flag};
use super::words::{Dialect, Token, Words, unquoted};
use super::writer::{Writer, place};
use crate::deploy::{self, Gives};
use crate::source::Span;

pub(super) fn read(writer: &mut Writer, span: Span, dialect: Dialect) {
    let mut words = Words::new(writer.text(), span, dialect);
    let mut reader = Reader {
        writer,
        end: span.end as usize,
        words: Vec::new(),
        expects: Expects::Word,
        target: None,
        heredocs: Vec::new(),
    };
    loop {
        match words.next() {
            Token::Word(word) => reader.word(word, &words),
            Token::Comment(comment) => reader.writer.comment(comment),
            Token::Redirect { writes } => reader.expects = Expects::File { writes },
            Token::Heredoc { strips_tabs } => reader.expects = Expects::Delimiter { strips_tabs },
            Token::HereString => reader.expects = Expects::File { writes: false },
            Token::Operator => reader.command(),
            Token::Newline => {
                reader.command();
                words.at = reader.heredocs(words.at);
            }
            Token::End => {
                reader.command();
                return;
            }
        }
    }
}

/// Reads the processes of a Procfile, `web: A=b command`; what they set stands under their name.
pub(super) fn read_procfile(writer: &mut Writer, span: Span) {
    let mut at = span.start as usize;
    for line in writer.slice(span).split_inclusive('\n') {
        let content = line.trim_end();
        if content.starts_with('#') {
            writer.comment(place(at, at + content.len()));
        } else if let Some((process, command)) = content.split_once(':') {
            let process = writer.name(process.trim());
            writer.enter(process);
            let end = at + content.len();
            read(writer, place(end - command.len(), end), Dialect::Shell);
            writer.leave();
        }
        at += line.len();
    }
}

/// Commands that are followed by another command.
const PREFIXES: &[&str] = &[
    "!",
    "{",
    "}",
    "builtin",
    "command",
    "cross-env",
    "do",
    "elif",
    "else",
    "env",
    "exec",
    "if",
    "nohup",
    "sudo",
    "then",
    "time",
    "until",
    "while",
];

/// Commands that run what a here-document or `-c` says.
const SHELLS: &[&str] = &["ash", "bash", "dash", "ksh", "sh", "ssh", "zsh"];

/// Flags that name a file which sets variables.
const FILE_FLAGS: &[&str] = &["--env-file", "--env-vars-file", "--from-env-file"];

struct Reader<'w, 't> {
    writer: &'w mut Writer<'t>,
    end: usize,
    /// The words of the command so far.
    words: Vec<Span>,
    expects: Expects,
    /// The file that the command writes.
    target: Option<Span>,
    /// The here-documents that start on the next line.
    heredocs: Vec<Heredoc>,
}

/// What the next word is.
#[derive(Clone, Copy)]
enum Expects {
    Word,
    File { writes: bool },
    Delimiter { strips_tabs: bool },
}

struct Heredoc {
    delimiter: Span,
    strips_tabs: bool,
    /// What its lines are, once a command says so.
    format: Option<Format>,
}

impl Reader<'_, '_> {
    fn word(&mut self, word: Span, words: &Words) {
        let expects = std::mem::replace(&mut self.expects, Expects::Word);
        for &at in &words.defaults {
            self.default(at, word.end as usize);
        }
        match expects {
            Expects::File { writes: true } => self.target = Some(word),
            Expects::File { writes: false } => {}
            Expects::Delimiter { strips_tabs } => self.heredocs.push(Heredoc {
                delimiter: word,
                strips_tabs,
                format: None,
            }),
            Expects::Word => {
                let written = self.writer.bytes(word);
                let behind = self.writer.text().as_bytes().get(word.end as usize);
                let is_descriptor = matches!(behind, Some(b'<' | b'>')) && written.iter().all(u8::is_ascii_digit);
                if !is_descriptor {
                    self.words.push(word);
                }
            }
        }
    }

    /// `${NAME:=value}`, whose name is at `at`, in a word that ends at `end`.
    fn default(&mut self, at: usize, end: usize) {
        let text = &self.writer.text()[at..end];
        let length = identifier_length(text.as_bytes());
        let value = text[length..].trim_start_matches(':').strip_prefix('=').unwrap_or("");
        let value_start = end - value.len();
        let mut depth = 1_usize;
        let close = value.bytes().position(|byte| {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let value = &value[..close.unwrap_or(value.len())];
        self.setting(place(at, at + length), place(value_start, value_start + value.len()));
    }

    fn setting(&mut self, key: Span, value: Span) {
        let name = self.writer.name(self.writer.slice(key));
        let text = unquoted(self.writer.slice(value), Dialect::Shell);
        let scalar = self.writer.value(&text);
        self.writer.setting(name, key, scalar, value);
    }

    /// Reads the command that ends here.
    fn command(&mut self) {
        let words = std::mem::take(&mut self.words);
        let target = self.target.take();
        self.expects = Expects::Word;
        let mut command = None;
        let mut arguments: &[Span] = &[];
        let mut takes_options = false;
        for (index, word) in words.iter().enumerate() {
            let written = self.writer.slice(*word);
            if self.assigned(*word) || (takes_options && written.starts_with('-')) {
                continue;
            }
            if PREFIXES.contains(&written) {
                takes_options = matches!(written, "env" | "sudo");
                continue;
            }
            command = Some(unquoted(written, Dialect::Shell));
            arguments = &words[index + 1..];
            break;
        }
        let command = command.as_deref().map(|path| path.rsplit('/').next().unwrap_or(path));
        self.decide_heredocs(command, arguments, target);
        match command {
            Some("export" | "readonly" | "declare" | "typeset" | "local") => {
                for argument in arguments {
                    self.assigned(*argument);
                }
            }
            Some("setenv") => {
                if let [key, value] = arguments {
                    self.setting(*key, *value);
                }
            }
            Some("echo" | "printf") => self.written_lines(arguments, target),
            Some(command) if SHELLS.contains(&command) => self.script_argument(arguments),
            Some(command) => self.flags(command, arguments),
            None => {}
        }
        self.words = words;
        self.words.clear();
    }

    /// Adds the setting that a word `NAME=value` or `NAME+=value` makes; whether it is one.
    fn assigned(&mut self, word: Span) -> bool {
        let written = self.writer.slice(word);
        let length = identifier_length(written.as_bytes());
        let behind = &written[length..];
        let Some(value) = behind.strip_prefix('=').or_else(|| behind.strip_prefix("+=")) else {
            return false;
        };
        if length == 0 {
            return false;
        }
        let start = word.start as usize;
        self.setting(
            place(start, start + length),
            place(word.end as usize - value.len(), word.end as usize),
        );
        true
    }

    /// Says what the lines of the here-documents of this command are.
    fn decide_heredocs(&mut self, command: Option<&str>, arguments: &[Span], target: Option<Span>) {
        if self.heredocs.iter().all(|heredoc| heredoc.format.is_some()) {
            return;
        }
        let written = match (target, command) {
            (Some(target), _) => self.file_format(target),
            (None, Some("tee")) => arguments.iter().find_map(|argument| self.file_format(*argument)),
            (None, None) => Some(Format::Shell),
            (None, Some(command)) => SHELLS.contains(&command).then_some(Format::Shell),
        };
        for heredoc in &mut self.heredocs {
            heredoc.format = heredoc.format.or(written);
        }
    }

    fn file_format(&self, file: Span) -> Option<Format> {
        Format::of(&unquoted(self.writer.slice(file), Dialect::Shell))
    }

    /// `echo A=b >> file`, if the file holds settings.
    fn written_lines(&mut self, arguments: &[Span], target: Option<Span>) {
        let Some(target) = target else { return };
        let format = match self.file_format(target) {
            Some(format @ (Format::Dotenv | Format::Shell)) => format,
            // `$GITHUB_ENV` and its kin name a dotenv file.
            _ if self.writer.slice(target).contains("_ENV") => Format::Dotenv,
            _ => return,
        };
        for argument in arguments {
            let inner = self.inner(*argument);
            let text = self.writer.slice(inner);
            if assignment(text.strip_prefix("export ").unwrap_or(text)).is_some() {
                self.writer.embed(format, inner);
            }
        }
    }

    /// `sh -c 'script'`.
    fn script_argument(&mut self, arguments: &[Span]) {
        let flag = arguments
            .iter()
            .position(|argument| is_script_flag(self.writer.slice(*argument)));
        if let Some(script) = flag.and_then(|flag| arguments.get(flag + 1)) {
            let script = self.inner(*script);
            self.writer.embed(Format::Shell, script);
        }
    }

    /// `word` without the quotes around it.
    fn inner(&self, word: Span) -> Span {
        match self.writer.bytes(word) {
            [quote @ (b'"' | b'\''), .., last] if quote == last => Span::new(word.start + 1, word.end - 1),
            _ => word,
        }
    }

    /// Flags of a command that set variables for what it starts. What it deploys stands above them.
    fn flags(&mut self, command: &str, arguments: &[Span]) {
        let deployed = self.deployed(command, arguments);
        if let Some(deployed) = deployed {
            let name = unquoted(self.writer.slice(deployed), Dialect::Shell);
            let name = self.writer.name(name.rsplit('/').next().unwrap_or(&name));
            self.writer.enter(name);
            if command == "kubectl" {
                for argument in arguments {
                    self.assigned(*argument);
                }
            }
        }
        self.variables_of_flags(command, arguments);
        self.features(command, arguments);
        if deployed.is_some() {
            self.writer.leave();
        }
    }

    /// The name of what a command deploys: `gcloud run deploy NAME`, `kubectl create secret generic NAME`, `helm upgrade NAME`.
    fn deployed(&self, command: &str, arguments: &[Span]) -> Option<Span> {
        let verbs: &[&str] = match command {
            "gcloud" => &["deploy", "update"],
            "helm" => &["install", "upgrade"],
            "kubectl" => &["configmap", "env", "generic"],
            "aws" => &["--function-name"],
            "az" => &["--name", "-n"],
            "fly" | "flyctl" | "heroku" => &["--app", "-a"],
            _ => return None,
        };
        let is_verb = |argument: &Span| verbs.contains(&self.writer.slice(*argument));
        let verb = arguments.iter().position(is_verb)?;
        let mut behind = arguments[verb + 1..].iter();
        let name = behind.find(|argument| command != "helm" || !self.writer.slice(**argument).starts_with('-'))?;
        (!self.writer.slice(*name).starts_with('-')).then_some(*name)
    }

    fn variables_of_flags(&mut self, command: &str, arguments: &[Span]) {
        let mut assigns = false;
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let written = self.writer.slice(*argument);
            if deploy::assigns_behind(command, written) {
                assigns = true;
                continue;
            }
            if !written.starts_with('-') {
                if assigns {
                    self.variables(*argument, false);
                }
                continue;
            }
            assigns = false;
            let flag = flag_of(written);
            let is_other_list = flag == "--env-vars" || (command == "aws" && flag == "--environment");
            let given = deploy::given_by(command, flag).or_else(|| is_other_list.then_some(Gives::Variables));
            let is_file = FILE_FLAGS.contains(&flag);
            if given.is_none() && !is_file {
                continue;
            }
            let (key, inline) = key_and_value(*argument, written);
            let Some(value) = inline.or_else(|| arguments.next().copied()) else {
                return;
            };
            match given {
                None => self.setting(key, value),
                Some(Gives::Secrets) => {
                    let flag = self.writer.name(flag);
                    self.writer.enter(flag);
                    self.variables(value, true);
                    self.writer.leave();
                }
                Some(Gives::Values) => self.values(value),
                Some(given) => self.variables(value, given == Gives::Variables),
            }
        }
    }

    /// The features that a build by Cargo is asked for: `cargo build --features a,b`.
    fn features(&mut self, command: &str, arguments: &[Span]) {
        let builds = arguments
            .first()
            .is_some_and(|first| deploy::CARGO_BUILDS.contains(&self.writer.slice(*first)));
        if command != "cargo" || !builds {
            return;
        }
        for (at, argument) in arguments.iter().enumerate() {
            let written = self.writer.slice(*argument);
            if !deploy::FEATURE_FLAGS.contains(&flag_of(written)) {
                continue;
            }
            let (key, inline) = key_and_value(*argument, written);
            let Some(list) = inline.or_else(|| arguments.get(at + 1).copied()) else {
                return;
            };
            let inner = self.inner(list);
            let mut start = inner.start as usize;
            for feature in self.writer.slice(inner).split([',', ' ']) {
                if !feature.is_empty() {
                    let (name, value) = (self.writer.name("features"), self.writer.value(feature));
                    self.writer
                        .setting(name, key, value, place(start, start + feature.len()));
                }
                start += feature.len() + 1;
            }
        }
    }

    /// `a.b=c,d.e=f`: of each path the last name is the setting's.
    fn values(&mut self, word: Span) {
        let inner = self.inner(word);
        let text = self.writer.slice(inner);
        let mut at = inner.start as usize;
        for part in text.split(',') {
            if let Some((path, _)) = part.split_once('=') {
                let name = path.rfind('.').map_or(0, |dot| dot + 1);
                self.setting(
                    place(at + name, at + path.len()),
                    place(at + path.len() + 1, at + part.len()),
                );
            }
            at += part.len() + 1;
        }
    }

    /// `A=b`, or with `is_list` `A=b,C=d`, in quotes perhaps.
    fn variables(&mut self, word: Span, is_list: bool) {
        let inner = self.inner(word);
        let (mut start, mut end) = (inner.start as usize, inner.end as usize);
        let text = self.writer.text();
        let mut separator = ",";
        if is_list {
            let list = &text[start..end];
            // `Variables={A=b,C=d}`
            let braced = list.strip_prefix("Variables={");
            // `^;^A=b;C=d`
            let marked = list.strip_prefix('^').and_then(|list| list.split_once('^'));
            if let Some(inside) = braced {
                start = end - inside.len();
                end -= usize::from(inside.ends_with('}'));
            } else if let Some((other, list)) = marked.filter(|(other, _)| !other.is_empty()) {
                separator = other;
                start = end - list.len();
            }
        }
        let mut at = start;
        while at < end {
            let length = if is_list { text[at..end].find(separator) } else { None };
            let length = length.unwrap_or(end - at);
            self.assigned(place(at, at + length));
            at += length + separator.len();
        }
    }

    /// Reads the here-documents that start at `start`; gives the place behind them.
    fn heredocs(&mut self, start: usize) -> usize {
        let mut at = start;
        for heredoc in std::mem::take(&mut self.heredocs) {
            let delimiter = unquoted(self.writer.slice(heredoc.delimiter), Dialect::Shell);
            let text = &self.writer.text()[..self.end];
            let body = at;
            let mut body_end = text.len();
            while at < text.len() {
                let rest = &text[at..];
                let length = rest.find('\n').map_or(rest.len(), |length| length + 1);
                let line = rest[..length].trim_end_matches(['\r', '\n']);
                let line = if self.writer.is_embedded() {
                    line.trim()
                } else if heredoc.strips_tabs {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                if line == delimiter {
                    body_end = at;
                    at += length;
                    break;
                }
                at += length;
            }
            if let Some(format) = heredoc.format {
                self.writer.embed(format, place(body, body_end));
            }
        }
        at
    }
}

/// The flag in `--flag`, `--flag=value`.
fn flag_of(written: &str) -> &str {
    written.split_once('=').map_or(written, |(flag, _)| flag)
}

/// Where the flag of an argument stands, and its value if that is written in the same word.
fn key_and_value(argument: Span, written: &str) -> (Span, Option<Span>) {
    let length = place(0, flag_of(written).len()).end;
    let key = Span::new(argument.start, argument.start + length);
    let inline = written.contains('=').then(|| Span::new(key.end + 1, argument.end));
    (key, inline)
}

#[cfg(test)]
mod tests {
    use crate::parse::config::tests::{check, places};

    #[test]
    fn reads_assignments() {
        check(
            "x.sh",
            "#!/bin/bash\nA=b\nexport C=\"d e\" F='g' # c\nH=i J=k cmd L=m\nif N=o cmd; then P=q; fi\ndeclare -x R=s\nreadonly T\nenv -i U=v sudo -E W=x y\n  local Z=1\nA1+=more\n[ $A = b ] && B2=\nsetenv C3 d\nfoo | D4=1 bar & E5=2\n",
            r#"
            A = "b" @2:1
            C = "d e" @3:8
            F = "g" @3:16
            H = "i" @4:1
            J = "k" @4:5
            N = "o" @5:4
            P = "q" @5:18
            R = "s" @6:12
            U = "v" @8:8
            W = "x" @8:20
            Z = "1" @9:9
            A1 = "more" @10:1
            B2 = - @11:15
            C3 = "d" @12:8
            D4 = "1" @13:7
            E5 = "2" @13:18
            "#,
        );
    }

    #[test]
    fn reads_values_as_words() {
        check(
            "x.sh",
            "A=a\"b c\"'d'\\ e\nB=\"${B:-x \"y\"}\"\nC=$(cmd \"a b\" | c; D=no)\nE=(f g\n h) I=j\nK=`l m` N=$'o\\'p'\nQ=\"r\\\"s \\d $(t ')' \"u\")\"\nT=u\\\nv W=x#y # c\nX=\"multi\nline\" Y=1\nZ=$((1 + 2))\n((a=1)); [[ b == c ]]\nC2=$(echo \"it's\" # don't\n) D2=1\n",
            r#"
            A = "ab cd e" @1:1
            B = "${B:-x \"y\"}" @2:1
            C = "$(cmd \"a b\" | c; D=no)" @3:1
            E = "(f g\n h)" @4:1
            I = "j" @5:5
            K = "`l m`" @6:1
            N = "o'p" @6:9
            Q = "r\"s \\d $(t ')' \"u\")" @7:1
            T = "uv" @8:1
            W = "x#y" @9:3
            X = "multi\nline" @10:1
            Y = "1" @11:7
            Z = "$((1 + 2))" @12:1
            C2 = "$(echo \"it's\" # don't\n)" @14:1
            D2 = "1" @15:3
            "#,
        );
    }

    #[test]
    fn reads_defaults_and_flags() {
        check(
            "x.sh",
            ": \"${A:=b c}\" ${D=e}\n: ${F:-g} ${H:=${I:-j}}\ndocker run -e K=l --env M=n -e O --env=P=\"q r\" image -e\ngcloud run deploy --set-env-vars \"S=t,U=v w\" --update-env-vars=X=y,Z=1\ndocker build --build-arg A1=b .\ngrep -e A2=b\nsudo bash -ec 'B2=c run; export C2=\"d\"' D2=e\n",
            r#"
            A = "b c" @1:6
            D = "e" @1:17
            H = "${I:-j}" @2:13
            K = "l" @3:15
            M = "n" @3:25
            P = "q r" @3:40
            S = "t" @4:35
            U = "v w" @4:39
            X = "y" @4:64
            Z = "1" @4:68
            A1 = "b" @5:26
            B2 = "c" @7:16
            C2 = "d" @7:33
            "#,
        );
        check(
            "x.sh",
            "cargo build --release --features a,b -F 'c d' --features=e\ncargo test --features f\n",
            r#"
            features = "a" @1:23
            features = "b" @1:23
            features = "c" @1:38
            features = "d" @1:38
            features = "e" @1:47
            "#,
        );
        assert_eq!(
            places("x.sh", "export A=\"b\" C=d; : \"${E:=f}\"\n"),
            ["A|\"b\"", "C|d", "E|f"]
        );
    }

    #[test]
    fn reads_what_commands_deploy() {
        check(
            "x.sh",
            "gcloud run deploy api --set-secrets \"A=b:latest,C=d:1\" --env-vars-file prod.env --set-env-vars=E=f\nkubectl create secret generic s --from-literal=G=h\nkubectl set env deployment/web I=j\nhelm upgrade --install rel chart --set env.K=l,m.n=o\n",
            r#"
            api.--set-secrets.A = "b:latest" @1:38
            api.--set-secrets.C = "d:1" @1:49
            api.--env-vars-file = "prod.env" @1:56
            api.E = "f" @1:96
            s.G = "h" @2:48
            web.I = "j" @3:32
            rel.K = "l" @4:44
            rel.n = "o" @4:50
            "#,
        );
    }

    #[test]
    fn reads_heredocs_and_what_echo_writes() {
        check(
            "x.sh",
            "cat > .env <<EOF\nA=\"b\"\nEOF\ncat <<-'E2' >> conf/app.ini\n\ta=b\n\tE2\ncat <<EOF | sudo tee /etc/x.ini\n[s]\nk = v\nEOF\nbash -s <<EOF\nexport C=d\nEOF\npython <<EOF\nNO=1\nEOF\necho \"F=g\" >> .env\necho H=i >> \"$GITHUB_ENV\"\necho 'export J=k' >> ~/x.sh\necho L=m > /dev/null\ncat <<EOF > x.env; N=o cmd 2>/dev/null\nP=q\n EOF\nEOF\nR=s\n",
            r#"
            A = "b" @2:1
            a = "b" @5:2
            s.k = "v" @9:1
            C = "d" @12:8
            F = "g" @17:7
            H = "i" @18:6
            J = "k" @19:14
            N = "o" @21:20
            P = "q" @22:1
            R = "s" @25:1
            "#,
        );
    }

    #[test]
    fn an_unclosed_quote_costs_its_line() {
        check(
            "x.sh",
            "A=b\necho \"open\nC=d\ncase $x in it's) ;; esac\nE=f\n",
            "A = \"b\" @1:1\nC = \"d\" @3:1\nE = \"f\" @5:1",
        );
    }
}
