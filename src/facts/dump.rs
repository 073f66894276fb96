//! A form of the facts that people can read and tests can compare: the same for the same construct in every language.
//!
//! One line a fact, indented by the block it lies in, in the order of the file. Places are left out, and so is what another line
//! shows already: a call has a line of its own only where it is part of no other line, a branch only where something runs in it.

use super::{
    Anchor, BindingKind, BlockId, BlockKind, CallId, Class, ClassId, Comparison, Exit, ExprId, ExprKind, FileFacts,
    Function, FunctionId, How, Import, MODULE_BLOCK, Module, Parameter, ParameterKind, Range, Scalar, Setting, Splat,
};
use std::collections::BTreeMap;

/// Expressions deeper than this are cut off.
const DEEPEST: u32 = 60;

/// Writes the facts of a file, one line each.
#[must_use]
pub fn dump(facts: &FileFacts) -> String {
    let mut writer = Writer::new(facts);
    let mut lines = writer.block(MODULE_BLOCK);
    lines.extend(facts.config.iter().map(|setting| writer.setting(setting)));
    lines.extend(facts.comments.iter().map(|comment| {
        let place = if comment.own_line { "above" } else { "behind" };
        format!("comment {place} {:?}", facts.text(comment.text))
    }));
    lines.extend(facts.waivers.iter().map(|waiver| match &waiver.says {
        Ok(text) => format!("waiver of {} because {:?}", text.rules.join(", "), text.reason),
        Err(mistake) => format!("waiver with a mistake: {mistake:?}"),
    }));
    lines.extend(
        facts
            .problems
            .iter()
            .map(|problem| format!("problem {}", problem.message)),
    );
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A line with what is indented below it, and where it stands.
struct Entry {
    at: (u32, u8),
    lines: Vec<String>,
}

struct Writer<'f> {
    facts: &'f FileFacts,
    /// Whether a call was shown as part of a line.
    shown: Vec<bool>,
    blocks: BTreeMap<BlockId, Vec<BlockId>>,
    calls: BTreeMap<BlockId, Vec<CallId>>,
    lambdas: Vec<FunctionId>,
}

impl<'f> Writer<'f> {
    fn new(facts: &'f FileFacts) -> Self {
        let mut blocks: BTreeMap<BlockId, Vec<BlockId>> = BTreeMap::new();
        for (id, block) in ids(&facts.blocks, BlockId) {
            if let (Some(parent), true) = (block.parent, block.kind != BlockKind::Body) {
                blocks.entry(parent).or_default().push(id);
            }
        }
        let mut calls: BTreeMap<BlockId, Vec<CallId>> = BTreeMap::new();
        for (id, call) in ids(&facts.calls, CallId) {
            calls.entry(call.block).or_default().push(id);
        }
        let lambdas = ids(&facts.functions, FunctionId)
            .filter(|(_, function)| function.name.is_none())
            .map(|(id, _)| id)
            .collect();
        Self {
            facts,
            shown: vec![false; facts.calls.len()],
            blocks,
            calls,
            lambdas,
        }
    }

    /// The lines of everything in a block.
    fn block(&mut self, block: BlockId) -> Vec<String> {
        let facts = self.facts;
        let mut entries = Vec::new();
        self.definitions(block, &mut entries);
        for import in facts.imports.iter().filter(|import| import.block == block) {
            let line = self.import(import);
            entries.push(entry(import.span.start, 1, vec![line]));
        }
        for binding in facts.bindings.iter().filter(|binding| binding.block == block) {
            let name = facts.text(binding.name).to_owned();
            let value = match binding.kind {
                BindingKind::Import(_)
                | BindingKind::Function(_)
                | BindingKind::Class(_)
                | BindingKind::Module(_)
                | BindingKind::Parameter(_) => continue,
                BindingKind::Value(value) => format!(" = {}", self.expr(value)),
                BindingKind::Unpacked { value, position } => format!(" = {position} of {}", self.expr(value)),
                BindingKind::Element { over } => format!(" = each of {}", self.expr(over)),
                BindingKind::ElementUnpacked { over, position } => {
                    format!(" = {position} of each of {}", self.expr(over))
                }
                BindingKind::Entered(value) => format!(" = entered {}", self.expr(value)),
                BindingKind::Caught(_) => " = caught".to_owned(),
                BindingKind::Changed(value) => format!(" changed by {}", self.expr(value)),
                BindingKind::Declared => String::new(),
                BindingKind::Unknown => " = ?".to_owned(),
                BindingKind::Deleted => " deleted".to_owned(),
            };
            let annotation = self.annotation(binding.annotation);
            let mut lines = self.decorators(binding.decorators);
            lines.push(format!("{name}{annotation}{value}"));
            entries.push(entry(binding.span.start, 2, lines));
        }
        for store in facts.stores.iter().filter(|store| store.block == block) {
            let target = self.expr(store.target);
            let annotation = self.annotation(store.annotation);
            let value = store.value.map_or("?".to_owned(), |value| self.expr(value));
            let line = format!("store {target}{annotation} = {value}");
            entries.push(entry(facts[store.target].span.start, 2, vec![line]));
        }
        for returned in facts.returns.iter().filter(|returned| returned.block == block) {
            let word = if returned.is_yield { "yield" } else { "return" };
            let (line, at) = match returned.value {
                Some(value) => (format!("{word} {}", self.expr(value)), facts[value].span.start),
                None => (word.to_owned(), u32::MAX),
            };
            entries.push(entry(at, 4, vec![line]));
        }
        for inner in self.blocks.get(&block).cloned().unwrap_or_default() {
            self.inner_block(inner, &mut entries);
        }
        // A call is behind those that are its parts, so from the last one back each is either shown or a line of its own.
        for call in self.calls.get(&block).cloned().unwrap_or_default().into_iter().rev() {
            if !self.shown[call.0 as usize] {
                let expr = facts[call].expr;
                let line = format!("call {}", self.expr(expr));
                entries.push(entry(facts[expr].span.start, 1, vec![line]));
            }
        }
        entries.sort_by_key(|entry| entry.at);
        entries.into_iter().flat_map(|entry| entry.lines).collect()
    }

    fn inner_block(&mut self, id: BlockId, entries: &mut Vec<Entry>) {
        let block = self.facts[id];
        // Parts of what is shown elsewhere are not shown again, so the head comes last.
        let mut lines = self.block(id);
        let is_told = |kind: fn(&Exit) -> bool, this: &Self| {
            let inner = this.blocks.get(&id).into_iter().flatten();
            inner.into_iter().any(|inner| kind(&this.facts[*inner].exit))
        };
        match block.exit {
            Exit::Raises(_) if !is_told(|exit| matches!(exit, Exit::Raises(_)), self) => lines.push("raise".to_owned()),
            Exit::Jumps if !is_told(|exit| matches!(exit, Exit::Jumps), self) => lines.push("jump".to_owned()),
            _ => {}
        }
        if lines.is_empty() && matches!(block.kind, BlockKind::Branch { .. } | BlockKind::Otherwise { .. }) {
            return;
        }
        let head = match block.kind {
            BlockKind::Body => return,
            BlockKind::Main => "main".to_owned(),
            BlockKind::Branch { condition, holds: true } => format!("if {}", self.expr(condition)),
            BlockKind::Branch {
                condition,
                holds: false,
            } => format!("unless {}", self.expr(condition)),
            BlockKind::Attempt => "attempt".to_owned(),
            BlockKind::Rescue { catches: None, .. } => "rescue".to_owned(),
            BlockKind::Rescue {
                catches: Some(catches), ..
            } => format!("rescue {}", self.expr(catches)),
            BlockKind::Otherwise { .. } => "otherwise".to_owned(),
            BlockKind::Always => "always".to_owned(),
            BlockKind::Loop { over: None, .. } => "loop".to_owned(),
            BlockKind::Loop {
                over: Some(over),
                awaits,
            } => {
                format!("{}loop over {}", if awaits { "async " } else { "" }, self.expr(over))
            }
            BlockKind::Within { entered, awaits } => {
                format!("{}within {}", if awaits { "async " } else { "" }, self.expr(entered))
            }
        };
        entries.push(entry(block.span.start, 3, headed(head, lines)));
    }

    // Definitions

    fn definitions(&mut self, block: BlockId, entries: &mut Vec<Entry>) {
        let facts = self.facts;
        for (id, function) in ids(&facts.functions, FunctionId) {
            if function.block == block {
                let lines = self.function(id, function);
                entries.push(entry(function.extent.start, 0, lines));
            }
        }
        for (id, class) in ids(&facts.classes, ClassId) {
            if class.block == block && self.definition_of(class).is_none() {
                let lines = self.class(id, class);
                entries.push(entry(class.extent.start, 0, lines));
            }
        }
        for module in facts.modules.iter().filter(|module| module.block == block) {
            let lines = self.module(module);
            entries.push(entry(module.extent.start, 0, lines));
        }
    }

    fn function(&mut self, id: FunctionId, function: &Function) -> Vec<String> {
        let facts = self.facts;
        let mut lines = self.decorators(function.decorators);
        let mut head = String::new();
        for (is_so, word) in [
            (function.is_test, "test "),
            (function.is_async, "async "),
            (function.is_generator, "generator "),
        ] {
            if is_so {
                head.push_str(word);
            }
        }
        match function.name {
            Some(name) => head.push_str(&format!("def {}", facts.text(name))),
            None => head.push_str(&self.lambda(id)),
        }
        let parameters: Vec<String> = facts
            .parameters(function)
            .iter()
            .map(|parameter| self.parameter(parameter))
            .collect();
        head.push_str(&format!("({})", parameters.join(", ")));
        if let Some(returns) = function.returns {
            head.push_str(&format!(" -> {}", self.expr(returns)));
        }
        let body = self.block(function.body);
        lines.extend(headed(head, body));
        lines
    }

    fn parameter(&mut self, parameter: &Parameter) -> String {
        let sign = match parameter.kind {
            ParameterKind::Positional | ParameterKind::Either => "",
            ParameterKind::Keyword => "keyword ",
            ParameterKind::Rest => "*",
            ParameterKind::KeywordRest => "**",
        };
        let annotation = self.annotation(parameter.annotation);
        let default = parameter
            .default
            .map_or(String::new(), |value| format!(" = {}", self.expr(value)));
        format!("{sign}{}{annotation}{default}", self.facts.text(parameter.name))
    }

    /// A class with the members that are added to it in the same scope, as if they stood in its body.
    fn class(&mut self, id: ClassId, class: &Class) -> Vec<String> {
        let facts = self.facts;
        let mut bases: Vec<ExprId> = facts.list(class.bases).to_vec();
        let mut body = self.block(class.body);
        let mut lines = self.decorators(class.decorators);
        for added in &facts.classes {
            if self.definition_of(added) == Some(id) {
                bases.extend(facts.list(added.bases));
                body.extend(self.decorators(added.decorators));
                body.extend(self.block(added.body));
            }
        }
        let word = if class.extends.is_some() { "extend" } else { "class" };
        let name = match class.extends {
            Some(extends) => self.expr(extends),
            None => facts.text(class.name).to_owned(),
        };
        let bases: Vec<String> = bases.into_iter().map(|base| self.expr(base)).collect();
        let bases = if bases.is_empty() {
            String::new()
        } else {
            format!("({})", bases.join(", "))
        };
        lines.extend(headed(format!("{word} {name}{bases}"), body));
        lines
    }

    /// The class of the same scope that a block of members belongs to.
    fn definition_of(&self, added: &Class) -> Option<ClassId> {
        added.extends?;
        let (id, _) = ids(&self.facts.classes, ClassId)
            .find(|(_, class)| class.extends.is_none() && class.name == added.name && class.parent == added.parent)?;
        Some(id)
    }

    fn module(&mut self, module: &Module) -> Vec<String> {
        let facts = self.facts;
        let mut lines = self.decorators(module.decorators);
        let word = if module.exported { "" } else { "private " };
        let body = module.scope.and_then(|scope| {
            let mut blocks = ids(&facts.blocks, BlockId);
            blocks.find(|(_, block)| block.scope == scope && block.kind == BlockKind::Body)
        });
        let place = match (module.file, body) {
            (Some(file), _) => format!(" in {:?}", facts.text(file)),
            (None, None) => " elsewhere".to_owned(),
            (None, Some(_)) => String::new(),
        };
        let head = format!("{word}module {}{place}", facts.text(module.name));
        let body = body.map_or_else(Vec::new, |(body, _)| self.block(body));
        lines.extend(headed(head, body));
        lines
    }

    fn import(&mut self, import: &Import) -> String {
        let facts = self.facts;
        let path: Vec<&str> = facts.path(import.path).iter().map(|name| facts.text(*name)).collect();
        let anchor = match import.anchor {
            Anchor::Absolute => None,
            Anchor::Up(levels) => Some(format!("{levels} up")),
            Anchor::Root => Some("root".to_owned()),
        };
        let local = facts
            .bindings_in(import.scope)
            .iter()
            .find(|binding| match binding.kind {
                BindingKind::Import(id) => std::ptr::eq(&facts[id], import),
                _ => false,
            });
        let alias = match local {
            _ if import.star => String::new(),
            None => " as _".to_owned(),
            Some(binding) if path.last() == Some(&facts.text(binding.name)) => String::new(),
            Some(binding) => format!(" as {}", facts.text(binding.name)),
        };
        let word = if import.exported { "" } else { "private " };
        let below = |path: &[&str]| match &anchor {
            Some(anchor) if path.is_empty() => anchor.clone(),
            Some(anchor) => format!("{anchor}, {}", path.join(".")),
            None => path.join("."),
        };
        match path.split_last() {
            _ if import.star => format!("{word}from {} import *", below(&path)),
            Some((last, path)) if import.member => format!("{word}from {} import {last}{alias}", below(path)),
            _ => format!("{word}import {}{alias}", below(&path)),
        }
    }

    fn decorators(&mut self, decorators: Range) -> Vec<String> {
        let decorators = self.facts.list(decorators);
        decorators
            .iter()
            .map(|decorator| format!("@{}", self.expr(*decorator)))
            .collect()
    }

    fn annotation(&mut self, annotation: Option<ExprId>) -> String {
        annotation.map_or(String::new(), |annotation| format!(": {}", self.expr(annotation)))
    }

    fn setting(&self, setting: &Setting) -> String {
        let facts = self.facts;
        let path: Vec<&str> = facts.path(setting.path).iter().map(|name| facts.text(*name)).collect();
        let value = match setting.value {
            Scalar::Text(text) => format!("{:?}", facts.text(text)),
            Scalar::Truth(truth, _) => truth.to_string(),
            Scalar::Number(number) => facts.text(number).to_owned(),
            Scalar::Nothing => "nothing".to_owned(),
        };
        format!("setting {} = {value}", path.join("."))
    }

    // Expressions

    fn expr(&mut self, id: ExprId) -> String {
        self.expr_at(id, 0)
    }

    fn expr_at(&mut self, id: ExprId, depth: u32) -> String {
        let facts = self.facts;
        if depth > DEEPEST {
            return "…".to_owned();
        }
        match facts[id].kind {
            ExprKind::Text(text) => format!("{:?}", facts.text(text)),
            ExprKind::Truth(truth) => truth.to_string(),
            ExprKind::Number(number) => facts.text(number).to_owned(),
            ExprKind::Nothing => "nothing".to_owned(),
            ExprKind::Name { name, .. } => facts.text(name).to_owned(),
            ExprKind::Member { object, name } => {
                format!("{}.{}", self.expr_at(object, depth + 1), facts.text(name))
            }
            ExprKind::Index { object, key, .. } => {
                let object = self.expr_at(object, depth + 1);
                format!("{object}[{}]", self.expr_at(key, depth + 1))
            }
            ExprKind::Call(call) => self.call(call, depth),
            ExprKind::Template(parts) => format!("template({})", self.exprs(facts.list(parts), ", ", depth)),
            ExprKind::Choice { options, how } => self.choice(facts.list(options), how, depth),
            ExprKind::Compare { operator, left, right } => {
                let sign = match operator {
                    Comparison::Equal => "==",
                    Comparison::NotEqual => "!=",
                    Comparison::In => "in",
                    Comparison::NotIn => "not in",
                    Comparison::Order => "<>",
                };
                let left = self.expr_at(left, depth + 1);
                format!("({left} {sign} {})", self.expr_at(right, depth + 1))
            }
            ExprKind::Not(operand) => format!("(not {})", self.expr_at(operand, depth + 1)),
            ExprKind::Both(operands) => format!("({})", self.exprs(facts.list(operands), " and ", depth)),
            ExprKind::Group(elements) => format!("[{}]", self.exprs(facts.list(elements), ", ", depth)),
            ExprKind::Table(entries) => self.table(facts.entries(entries), depth),
            ExprKind::Each { element, .. } => format!("each({})", self.expr_at(element, depth + 1)),
            ExprKind::Slice(object) => format!("{}[:]", self.expr_at(object, depth + 1)),
            ExprKind::Lambda(function) => self.lambda(function),
            ExprKind::Through(value) => self.expr_at(value, depth + 1),
            ExprKind::Opaque => "?".to_owned(),
        }
    }

    fn exprs(&mut self, ids: &[ExprId], between: &str, depth: u32) -> String {
        let parts: Vec<String> = ids.iter().map(|id| self.expr_at(*id, depth + 1)).collect();
        parts.join(between)
    }

    fn choice(&mut self, options: &[ExprId], how: How, depth: u32) -> String {
        match (how, options) {
            (How::FirstPresent, _) => format!("({})", self.exprs(options, " or ", depth)),
            (How::Either, _) => format!("({})", self.exprs(options, " | ", depth)),
            (How::ByCondition, [options @ .., condition]) => {
                let condition = self.expr_at(*condition, depth + 1);
                format!("({} by {condition})", self.exprs(options, " or ", depth))
            }
            (How::ByCondition, []) => "?".to_owned(),
        }
    }

    fn table(&mut self, entries: &[(Option<ExprId>, ExprId)], depth: u32) -> String {
        let entries: Vec<String> = entries
            .iter()
            .map(|(key, value)| {
                let value = self.expr_at(*value, depth + 1);
                match key {
                    Some(key) => format!("{}: {value}", self.expr_at(*key, depth + 1)),
                    None => format!("**{value}"),
                }
            })
            .collect();
        format!("{{{}}}", entries.join(", "))
    }

    fn call(&mut self, id: CallId, depth: u32) -> String {
        let facts = self.facts;
        self.shown[id.0 as usize] = true;
        let call = &facts[id];
        let callee = self.expr_at(call.callee, depth + 1);
        let arguments: Vec<String> = facts
            .arguments(call)
            .iter()
            .map(|argument| {
                let value = self.expr_at(argument.value, depth + 1);
                match (argument.keyword, argument.splat) {
                    (Some(keyword), _) => format!("{} = {value}", facts.text(keyword)),
                    (None, Splat::No) => value,
                    (None, Splat::Positions) => format!("*{value}"),
                    (None, Splat::Keywords) => format!("**{value}"),
                }
            })
            .collect();
        let asked = facts.asked_type(id).map(|asked| self.expr_at(asked, depth + 1));
        let asked = asked.map(|asked| format!("::<{asked}>")).unwrap_or_default();
        let word = if call.awaited { "await " } else { "" };
        format!("{word}{callee}{asked}({})", arguments.join(", "))
    }

    fn lambda(&self, id: FunctionId) -> String {
        let number = self
            .lambdas
            .iter()
            .position(|lambda| *lambda == id)
            .map_or(0, |index| index + 1);
        format!("lambda{number}")
    }
}

fn ids<T, I>(arena: &[T], id: fn(u32) -> I) -> impl Iterator<Item = (I, &T)> {
    arena
        .iter()
        .enumerate()
        .map(move |(index, fact)| (id(u32::try_from(index).unwrap_or(u32::MAX)), fact))
}

fn entry(start: u32, rank: u8, lines: Vec<String>) -> Entry {
    let at = (start, rank);
    Entry { at, lines }
}

fn headed(head: String, body: Vec<String>) -> Vec<String> {
    std::iter::once(head)
        .chain(body.into_iter().map(|line| format!("  {line}")))
        .collect()
}
