//! Which strings an expression can be: literals, constants of any module, templates, loops over names.

use super::Program;
use super::names::{Origin, Value, last_name};
use crate::facts::{BindingKind, Call, ExprId, ExprKind, FileFacts};
use crate::finding::Confidence;
use crate::source::FileId;

/// A string that an expression can be, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextOrigin {
    /// The text; `*` stands for parts that are not known.
    pub text: String,
    /// The file it is written in.
    pub file: FileId,
    /// The literal or template.
    pub expr: ExprId,
    /// How it was resolved.
    pub confidence: Confidence,
}

/// More strings than this are not told apart.
const MOST_TEXTS: usize = 64;
/// Containers in containers are followed this deep.
const MOST_STEPS: u32 = 12;

impl Program<'_> {
    /// The strings that `expr` in `file` can be; empty where nothing of it is known.
    #[must_use]
    pub fn texts(&self, file: FileId, expr: ExprId) -> Vec<TextOrigin> {
        let mut texts = Vec::new();
        self.texts_at(file, expr, Confidence::Certain, 0, &mut texts);
        texts.truncate(MOST_TEXTS);
        texts
    }

    fn texts_at(&self, file: FileId, expr: ExprId, confidence: Confidence, step: u32, out: &mut Vec<TextOrigin>) {
        if step > MOST_STEPS || out.len() >= MOST_TEXTS {
            return;
        }
        let facts = &self[file].facts;
        match facts[expr].kind {
            ExprKind::Text(text) => add(
                out,
                TextOrigin {
                    text: facts.text(text).to_owned(),
                    file,
                    expr,
                    confidence,
                },
            ),
            ExprKind::Template(parts) => {
                for text in self.template(file, facts.list(parts), step) {
                    add(
                        out,
                        TextOrigin {
                            text,
                            file,
                            expr,
                            confidence,
                        },
                    );
                }
            }
            ExprKind::Choice { options, how } => {
                for option in facts.options(options, how) {
                    self.texts_at(file, *option, confidence, step + 1, out);
                }
            }
            ExprKind::Call(call) => self.call_texts(file, call, confidence, step, out),
            ExprKind::Member { object, name } if facts.text(name) == "value" => {
                // `Names.JWT.value`: the member of an enumeration.
                self.texts_at(file, object, confidence, step + 1, out);
            }
            ExprKind::Index { object, key, .. } => self.item_texts(file, object, key, confidence, step, out),
            _ => {
                for value in self.follow(file, expr).into_iter() {
                    self.value_texts(value, confidence, step + 1, out);
                }
                for (at, text) in self.text_of_variant(file, expr) {
                    self.texts_at(at, text, confidence, step + 1, out);
                }
            }
        }
    }

    fn value_texts(&self, value: Value, confidence: Confidence, step: u32, out: &mut Vec<TextOrigin>) {
        let confidence = confidence.min(value.confidence);
        match value.origin {
            Origin::Written(file, expr) if !matches!(self[file].facts[expr].kind, ExprKind::Name { .. }) => {
                self.texts_at(file, expr, confidence, step + 1, out);
            }
            Origin::Element { file, over, position } => {
                for (at, element) in self.elements(file, over, step + 1) {
                    match position {
                        None => self.texts_at(at, element, confidence, step + 1, out),
                        Some(position) => {
                            if let ExprKind::Group(items) = self[at].facts[element].kind
                                && let Some(item) = self[at].facts.list(items).get(position as usize)
                            {
                                self.texts_at(at, *item, confidence, step + 1, out);
                            }
                        }
                    }
                }
                self.pair_texts(file, over, position, confidence, step, out);
            }
            _ => {}
        }
    }

    /// The keys (position 0) or values (position 1) of `mapping.items()`, or one side of `enumerate(names)`.
    fn pair_texts(
        &self,
        file: FileId,
        over: ExprId,
        position: Option<u32>,
        confidence: Confidence,
        step: u32,
        out: &mut Vec<TextOrigin>,
    ) {
        let (Some(position), ExprKind::Call(call)) = (position, self[file].facts[over].kind) else {
            return;
        };
        let facts = &self[file].facts;
        let call = &facts[call];
        match facts[call.callee].kind {
            ExprKind::Member { object, name } if facts.text(name) == "items" => {
                for (at, key, value) in self.table(file, object, step + 1) {
                    let side = if position == 0 { key } else { Some(value) };
                    if let Some(side) = side {
                        self.texts_at(at, side, confidence, step + 1, out);
                    }
                }
            }
            ExprKind::Name { name, .. } if facts.text(name) == "enumerate" && position == 1 => {
                if let Some(argument) = facts.arguments(call).first() {
                    for (at, element) in self.elements(file, argument.value, step + 1) {
                        self.texts_at(at, element, confidence, step + 1, out);
                    }
                }
            }
            ExprKind::Name { name, .. } if facts.text(name) == "zip" => {
                if let Some(argument) = facts.arguments(call).get(position as usize) {
                    for (at, element) in self.elements(file, argument.value, step + 1) {
                        self.texts_at(at, element, confidence, step + 1, out);
                    }
                }
            }
            _ => {}
        }
    }

    /// The strings that an expression can be, and those that are listed in it: of what a loop goes over also where that is kept in a
    /// field or comes from callers.
    #[must_use]
    pub fn listed_texts(&self, file: FileId, expr: ExprId) -> Vec<TextOrigin> {
        let mut texts = self.texts(file, expr);
        let mut listed = self.elements(file, expr, 0);
        if texts.is_empty() && listed.is_empty() {
            let over = self.loop_over(file, expr);
            for origin in self.origins(file, over.unwrap_or(expr)) {
                listed.extend(self.elements(origin.file, origin.expr, 0));
            }
        }
        for (file, element) in listed {
            let found = self.texts(file, self.compiled(file, element)).into_iter();
            texts.extend(found.filter(|text| matches!(self[text.file].facts[text.expr].kind, ExprKind::Text(_))));
        }
        texts
    }

    /// The pattern in `re.compile(pattern)`; anything else as it is.
    fn compiled(&self, file: FileId, expr: ExprId) -> ExprId {
        let facts = &self[file].facts;
        match facts[expr].kind {
            ExprKind::Call(call)
                if last_name(facts, facts[call].callee).is_some_and(|name| facts.text(name) == "compile") =>
            {
                facts
                    .arguments(&facts[call])
                    .first()
                    .map_or(expr, |pattern| pattern.value)
            }
            _ => expr,
        }
    }

    /// What the list is called that an expression is, or that a loop whose variable it is goes over.
    #[must_use]
    pub fn listed_in(&self, file: FileId, expr: ExprId) -> Option<&str> {
        let facts = &self[file].facts;
        let over = self.loop_over(file, expr).unwrap_or(expr);
        last_name(facts, over).map(|name| facts.text(name))
    }

    /// What a loop goes over whose variable an expression is.
    fn loop_over(&self, file: FileId, expr: ExprId) -> Option<ExprId> {
        let facts = &self[file].facts;
        let ExprKind::Name { name, scope } = facts[expr].kind else {
            return None;
        };
        let bindings = super::bindings::lookup(facts, scope, name).unwrap_or(&[]);
        bindings.iter().find_map(|binding| match binding.kind {
            BindingKind::Element { over } => Some(over),
            _ => None,
        })
    }

    /// The elements of a container, in order.
    pub(super) fn elements(&self, file: FileId, over: ExprId, step: u32) -> Vec<(FileId, ExprId)> {
        if step > MOST_STEPS {
            return Vec::new();
        }
        let facts = &self[file].facts;
        let mut found = Vec::new();
        match facts[over].kind {
            ExprKind::Group(elements) => {
                for element in facts.list(elements) {
                    match facts[*element].kind {
                        ExprKind::Through(inner) => found.extend(self.elements(file, inner, step + 1)),
                        _ => found.push((file, *element)),
                    }
                }
            }
            ExprKind::Table(entries) => found.extend(
                facts
                    .entries(entries)
                    .iter()
                    .filter_map(|(key, _)| key.map(|key| (file, key))),
            ),
            ExprKind::Each { element, .. } => found.push((file, element)),
            ExprKind::Call(call) => {
                let call = &facts[call];
                match facts[call.callee].kind {
                    ExprKind::Name { name, .. }
                        if matches!(
                            facts.text(name),
                            "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed" | "iter"
                        ) =>
                    {
                        if let Some(argument) = facts.arguments(call).first() {
                            return self.elements(file, argument.value, step + 1);
                        }
                    }
                    ExprKind::Member { .. } if pairs_of_map(facts, call).is_some() => {
                        let pairs = pairs_of_map(facts, call).into_iter();
                        return pairs.flat_map(|pairs| self.elements(file, pairs, step + 1)).collect();
                    }
                    ExprKind::Member { object, name } if matches!(facts.text(name), "keys" | "values") => {
                        let keys = facts.text(name) == "keys";
                        for (at, key, value) in self.table(file, object, step + 1) {
                            found.extend(if keys { key } else { Some(value) }.map(|side| (at, side)));
                        }
                    }
                    _ => {
                        for value in self.results(file, call.callee).into_iter() {
                            found.extend(self.value_elements(value, step + 1));
                        }
                    }
                }
            }
            ExprKind::Choice { options, .. } => {
                for option in facts.list(options) {
                    found.extend(self.elements(file, *option, step + 1));
                }
            }
            ExprKind::Name { .. } | ExprKind::Member { .. } => {
                for value in self.follow(file, over).into_iter() {
                    found.extend(self.value_elements(value, step + 1));
                }
            }
            _ => {}
        }
        found.truncate(MOST_TEXTS);
        found
    }

    fn value_elements(&self, value: Value, step: u32) -> Vec<(FileId, ExprId)> {
        match value.origin {
            Origin::Written(file, expr) => self.elements(file, expr, step + 1),
            // The members of an enumeration.
            Origin::Class((file, class)) => {
                let facts = &self[file].facts;
                let values = facts
                    .bindings_in(facts[class].scope)
                    .iter()
                    .filter_map(|binding| match binding.kind {
                        BindingKind::Value(value) => Some((file, value)),
                        _ => None,
                    });
                values.collect()
            }
            Origin::Element { file, over, position } => {
                let mut found = Vec::new();
                for (at, element) in self.elements(file, over, step + 1) {
                    match position {
                        None => found.extend(self.elements(at, element, step + 1)),
                        Some(position) => {
                            if let ExprKind::Group(items) = self[at].facts[element].kind
                                && let Some(item) = self[at].facts.list(items).get(position as usize)
                            {
                                found.extend(self.elements(at, *item, step + 1));
                            }
                        }
                    }
                }
                if position == Some(1)
                    && let ExprKind::Call(call) = self[file].facts[over].kind
                    && let ExprKind::Member { object, name } = self[file].facts[self[file].facts[call].callee].kind
                    && self[file].facts.text(name) == "items"
                {
                    for (at, _, value) in self.table(file, object, step + 1) {
                        found.extend(self.elements(at, value, step + 1));
                    }
                }
                found
            }
            _ => Vec::new(),
        }
    }

    /// The entries of the mapping literals that `object` can be.
    fn table(&self, file: FileId, object: ExprId, step: u32) -> Vec<(FileId, Option<ExprId>, ExprId)> {
        if step > MOST_STEPS {
            return Vec::new();
        }
        let mut found = Vec::new();
        for value in self.follow(file, object).into_iter() {
            let Origin::Written(at, expr) = value.origin else {
                continue;
            };
            let facts = &self[at].facts;
            match facts[expr].kind {
                ExprKind::Table(entries) => {
                    let entries = facts.entries(entries).iter();
                    found.extend(entries.map(|(key, value)| (at, *key, *value)));
                }
                ExprKind::Call(call) if pairs_of_map(facts, &facts[call]).is_some() => {
                    for (at, pair) in self.elements(at, expr, step + 1) {
                        let facts = &self[at].facts;
                        if let ExprKind::Group(sides) = facts[pair].kind
                            && let [key, value] = facts.list(sides)
                        {
                            found.push((at, Some(*key), *value));
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// `names["jwt"]`, `names[0]`: the item of a literal, or any of them where the key is not known.
    fn item_texts(
        &self,
        file: FileId,
        object: ExprId,
        key: ExprId,
        confidence: Confidence,
        step: u32,
        out: &mut Vec<TextOrigin>,
    ) {
        let facts = &self[file].facts;
        let wanted: Vec<String> = match facts[key].kind {
            ExprKind::Number(number) => {
                let Ok(index) = facts.text(number).parse::<usize>() else {
                    return;
                };
                if let Some((at, element)) = self.elements(file, object, step + 1).get(index) {
                    self.texts_at(*at, *element, confidence, step + 1, out);
                }
                return;
            }
            _ => {
                let mut keys = Vec::new();
                self.texts_at(file, key, confidence, step + 1, &mut keys);
                keys.into_iter().map(|key| key.text).collect()
            }
        };
        for (at, key, value) in self.table(file, object, step + 1) {
            let fits = wanted.is_empty()
                || key.is_some_and(|key| match self[at].facts[key].kind {
                    ExprKind::Text(text) => wanted.iter().any(|wanted| wanted == self[at].facts.text(text)),
                    _ => true,
                });
            if fits {
                self.texts_at(at, value, confidence, step + 1, out);
            }
        }
    }

    /// What string methods and string-returning functions of the program give.
    fn call_texts(
        &self,
        file: FileId,
        call: crate::facts::CallId,
        confidence: Confidence,
        step: u32,
        out: &mut Vec<TextOrigin>,
    ) {
        let facts = &self[file].facts;
        let call = &facts[call];
        let arguments = facts.arguments(call);
        let of_variant = self.given_by_variant(file, call);
        if !of_variant.is_empty() {
            for (at, given) in of_variant {
                self.texts_at(at, given, confidence, step + 1, out);
            }
            return;
        }
        if let ExprKind::Member { object, name } = facts[call.callee].kind {
            let method = facts.text(name);
            let change: Option<fn(&str) -> String> = match method {
                "upper" | "to_uppercase" | "to_ascii_uppercase" => Some(str::to_uppercase),
                "lower" | "to_lowercase" | "to_ascii_lowercase" => Some(str::to_lowercase),
                "strip" | "trim" | "encode" | "decode" | "to_string" | "to_owned" | "into" | "as_str" | "as_ref"
                | "clone" => Some(str::to_owned),
                _ => None,
            };
            if let Some(change) = change {
                let mut texts = Vec::new();
                self.texts_at(file, object, confidence, step + 1, &mut texts);
                for text in texts {
                    add(
                        out,
                        TextOrigin {
                            text: change(&text.text),
                            ..text
                        },
                    );
                }
                return;
            }
            if method == "get"
                && let [key] = arguments
            {
                self.item_texts(file, object, key.value, confidence, step, out);
                return;
            }
            if method == "format" {
                let mut formats = Vec::new();
                self.texts_at(file, object, confidence, step + 1, &mut formats);
                for format in formats {
                    let values: Vec<String> = arguments
                        .iter()
                        .map(|argument| self.one_text(file, argument.value, step + 1))
                        .collect();
                    add(
                        out,
                        TextOrigin {
                            text: fill(&format.text, &values),
                            ..format
                        },
                    );
                }
                return;
            }
            if method == "join"
                && let ExprKind::Text(separator) = facts[object].kind
                && let Some(argument) = arguments.first()
            {
                let parts: Vec<String> = self
                    .elements(file, argument.value, step + 1)
                    .iter()
                    .map(|(at, part)| self.one_text(*at, *part, step + 1))
                    .collect();
                if !parts.is_empty() {
                    add(
                        out,
                        TextOrigin {
                            text: parts.join(facts.text(separator)),
                            file,
                            expr: call.expr,
                            confidence,
                        },
                    );
                }
                return;
            }
        }
        if let ExprKind::Name { name, .. } = facts[call.callee].kind
            && facts.text(name) == "str"
            && let [argument] = arguments
        {
            self.texts_at(file, argument.value, confidence, step + 1, out);
            return;
        }
        for value in self.results(file, call.callee).into_iter() {
            self.value_texts(value, confidence, step + 1, out);
        }
    }

    fn template(&self, file: FileId, parts: &[ExprId], step: u32) -> Vec<String> {
        let mut texts = vec![String::new()];
        for part in parts {
            let mut options = Vec::new();
            self.texts_at(file, *part, Confidence::Certain, step + 1, &mut options);
            let options: Vec<&str> = if options.is_empty() {
                vec!["*"]
            } else {
                options.iter().map(|option| option.text.as_str()).collect()
            };
            texts = texts
                .iter()
                .flat_map(|start| options.iter().map(move |option| format!("{start}{option}")))
                .take(MOST_TEXTS)
                .collect();
        }
        texts
    }

    fn one_text(&self, file: FileId, expr: ExprId, step: u32) -> String {
        let mut texts = Vec::new();
        self.texts_at(file, expr, Confidence::Certain, step + 1, &mut texts);
        match &texts[..] {
            [text] => text.text.clone(),
            _ => "*".to_owned(),
        }
    }
}

/// The list of pairs that a mapping of Rust is made from: `HashMap::from([("jwt", "JWT_SECRET")])`.
fn pairs_of_map(facts: &FileFacts, call: &Call) -> Option<ExprId> {
    let ExprKind::Member { object, name } = facts[call.callee].kind else {
        return None;
    };
    let is_map = last_name(facts, object).is_some_and(|of| facts.text(of).ends_with("Map"));
    let makes = is_map && matches!(facts.text(name), "from" | "from_iter");
    let [pairs] = facts.arguments(call) else { return None };
    makes.then_some(pairs.value)
}

fn add(out: &mut Vec<TextOrigin>, text: TextOrigin) {
    let says_something = text.text.is_empty() || text.text.contains(|sign| sign != '*');
    if says_something && out.len() < MOST_TEXTS && !out.iter().any(|known| known.text == text.text) {
        out.push(text);
    }
}

/// Puts values into the `{}` places of a format in order; a place without a known value becomes `*`.
fn fill(format: &str, values: &[String]) -> String {
    let mut filled = String::new();
    let mut values = values.iter();
    let mut rest = format;
    while let Some((before, behind)) = rest.split_once('{') {
        filled.push_str(before);
        let (_, behind) = behind.split_once('}').unwrap_or(("", behind));
        filled.push_str(values.next().map_or("*", String::as_str));
        rest = behind;
    }
    filled.push_str(rest);
    filled
}
