//! Which functions a method of a type may be: its own, those of the traits that it implements, and what stands in for a trait.

use super::{Item, MOST_TYPES, Target, Targets, Type, Types, Typing};
use crate::facts::{BindingKind, ClassId, ExprId, FileFacts, FunctionId};
use crate::finding::Confidence;
use crate::program::names::{ClassRef, FunctionRef};
use crate::source::FileId;
use smallvec::SmallVec;

/// A trait that more types than this implement says nothing of what is called.
const MOST_IMPLEMENTATIONS: usize = 64;

impl<'p> Typing<'p, '_> {
    /// The definition of a class and the blocks that add members to it.
    pub(super) fn bodies(&self, class: ClassRef) -> SmallVec<[ClassRef; 4]> {
        let blocks = self.program.extensions.get(&class).map_or(&[][..], Vec::as_slice);
        std::iter::once(class).chain(blocks.iter().copied()).collect()
    }

    /// The functions that the method or associated function `name` of a class may be.
    pub(super) fn methods(&mut self, class: ClassRef, name: &'p str) -> Targets {
        let class = self.program.extended(class);
        if let Some(known) = self.methods.get(&(class, name)) {
            return known.clone();
        }
        self.methods.insert((class, name), Targets::new());
        let found = self.deeper(|typing| typing.find_methods(class, name));
        self.methods.insert((class, name), found.clone());
        found
    }

    fn find_methods(&mut self, class: ClassRef, name: &'p str) -> Targets {
        let bodies = self.bodies(class);
        let (of_traits, inherent): (Vec<ClassRef>, Vec<ClassRef>) = bodies[1..]
            .iter()
            .partition(|(file, block)| self.facts(*file)[*block].bases.len > 0);
        for blocks in [inherent, of_traits.clone()] {
            let functions = blocks.iter().filter_map(|block| self.own_function(*block, name));
            let found = targets(functions.collect(), Confidence::Certain);
            if !found.is_empty() {
                return found;
            }
        }
        if let Some(declared) = self.own_function(class, name) {
            return self.methods_of_trait(class, declared, name);
        }
        let mut defaults = Vec::new();
        for (file, block) in std::iter::once(class).chain(of_traits) {
            let facts = self.facts(file);
            let is_trait = (file, block) == class;
            for base in facts.list(facts[block].bases) {
                for of in self.path(file, *base) {
                    let Item::Class(base) = of else { continue };
                    if is_trait {
                        let inherited = self.methods(base, name);
                        if !inherited.is_empty() {
                            return inherited;
                        }
                    } else {
                        defaults.extend(self.default_method(base, name, 0));
                    }
                }
            }
        }
        let found = targets(defaults, Confidence::Certain);
        if found.is_empty() {
            self.methods_behind(class, name)
        } else {
            found
        }
    }

    /// A method of a trait, called on whatever implements it: all implementations, and its own body where one may lack it.
    fn methods_of_trait(&mut self, class: ClassRef, declared: FunctionRef, name: &'p str) -> Targets {
        let mut functions = Vec::new();
        let blocks = self.implementations(class);
        let mut lacks = blocks.is_empty();
        for block in blocks {
            match self.own_function(block, name) {
                Some(function) => functions.push(function),
                None => lacks = true,
            }
        }
        let has_body = has_body(self.facts(declared.0), declared.1);
        if has_body && lacks {
            functions.push(declared);
        }
        functions.truncate(MOST_IMPLEMENTATIONS);
        targets(functions, Confidence::Likely)
    }

    /// The blocks that implement a trait of the program.
    fn implementations(&mut self, class: ClassRef) -> Vec<ClassRef> {
        let facts = self.facts(class.0);
        let index = self.index;
        let named = index.implementing(facts.text(facts[class.1].name));
        let is_one = |typing: &mut Self, (file, block): ClassRef| {
            let facts = typing.facts(file);
            let bases = facts.list(facts[block].bases);
            bases
                .iter()
                .any(|base| typing.path(file, *base).contains(&Item::Class(class)))
        };
        named.iter().copied().filter(|block| is_one(self, *block)).collect()
    }

    /// The body that a trait gives to a method, or one of those above it.
    fn default_method(&mut self, class: ClassRef, name: &'p str, depth: u32) -> Option<FunctionRef> {
        if let Some(own) = self.own_function(class, name) {
            return Some(own).filter(|own| has_body(self.facts(own.0), own.1));
        }
        let facts = self.facts(class.0);
        if depth > 4 {
            return None;
        }
        for base in facts.list(facts[class.1].bases) {
            for of in self.path(class.0, *base) {
                if let Item::Class(base) = of
                    && let Some(found) = self.default_method(base, name, depth + 1)
                {
                    return Some(found);
                }
            }
        }
        None
    }

    /// The methods of what a class stands for: `impl Deref for Guard { type Target = Store; … }`.
    fn methods_behind(&mut self, class: ClassRef, name: &'p str) -> Targets {
        for (file, block) in self.bodies(class) {
            let facts = self.facts(file);
            let is_deref = facts.list(facts[block].bases).iter().any(|base| {
                let last = crate::program::names::last_name(facts, *base);
                last.is_some_and(|last| facts.text(last) == "Deref")
            });
            if !is_deref {
                continue;
            }
            if let Some(target) = self.associated_type((file, block), "Target") {
                for of in self.written(file, target) {
                    if let Type::Class(behind) = of
                        && behind != class
                    {
                        return self.methods(behind, name);
                    }
                }
            }
        }
        Targets::new()
    }

    fn associated_type(&self, (file, block): ClassRef, name: &str) -> Option<ExprId> {
        let facts = self.facts(file);
        let name = facts.names.find(name)?;
        facts
            .bindings_of(facts[block].scope, name)
            .iter()
            .find_map(|binding| match binding.kind {
                BindingKind::Value(written) => Some(written),
                _ => None,
            })
    }

    /// The function `name` that stands in the body of a class, trait or block itself.
    fn own_function(&self, (file, class): ClassRef, name: &str) -> Option<FunctionRef> {
        let facts = self.facts(file);
        let name = facts.names.find(name)?;
        facts
            .bindings_of(facts[class].scope, name)
            .iter()
            .find_map(|binding| match binding.kind {
                BindingKind::Function(function) => Some((file, function)),
                _ => None,
            })
    }

    /// The declared type of the field `name` of a class, and where that is written.
    pub(super) fn field(&self, class: ClassRef, name: &str) -> Option<(FileId, ExprId)> {
        let (file, id) = class;
        let facts = self.facts(file);
        let name = facts.names.find(name)?;
        let bound = facts.bindings_of(facts[id].scope, name).iter();
        let annotation = bound.filter_map(|binding| binding.annotation).next();
        annotation.map(|annotation| (file, annotation))
    }

    /// The functions that a method call on a value of one of some types may run.
    pub(super) fn methods_on(&mut self, file: FileId, types: &Types, name: &'p str) -> Targets {
        let mut found = Targets::new();
        for of in types {
            if let Type::Class(class) = of {
                let methods = self.methods(*class, name);
                found.extend(methods.into_iter().filter(|target| self.takes_self(target.function)));
            }
        }
        if found.is_empty() {
            found = self.methods_by_name(file, types, name);
        }
        let is_one = found.len() <= 1;
        for target in &mut found {
            target.offset = 1;
            if !is_one {
                target.confidence = target.confidence.min(Confidence::Likely);
            }
        }
        found
    }

    /// A method that a trait adds to types of others, where the trait is named in the file; and for what nothing is known of, the
    /// only method of its name.
    fn methods_by_name(&mut self, file: FileId, types: &Types, name: &'p str) -> Targets {
        let key = (file, name, types.is_empty());
        if let Some(known) = self.by_name.get(&key) {
            return known.clone();
        }
        let found = self.find_by_name(file, types.is_empty(), name);
        self.by_name.insert(key, found.clone());
        found
    }

    fn find_by_name(&mut self, file: FileId, is_unknown: bool, name: &'p str) -> Targets {
        let index = self.index;
        let mut added = Vec::new();
        for declared in index.declared(name) {
            let Some(class) = self.class_of(*declared) else {
                continue;
            };
            if !self.knows(file, class) {
                continue;
            }
            let methods = self.methods_of_trait(class, *declared, name);
            // A trait of the program's own types is no extension of others'.
            let of_others = methods.iter().filter(|target| self.extends_others(target.function));
            added.extend(of_others.map(|target| target.function));
        }
        if !added.is_empty() && added.len() <= MOST_TYPES {
            let confidence = if is_unknown {
                Confidence::Possible
            } else {
                Confidence::Likely
            };
            return targets(added, confidence);
        }
        if is_unknown && !self.program.catalog.words().is_common_method_of_rust(name) {
            let only = index
                .only_method(name)
                .filter(|function| self.may_know(file, function.0));
            return targets(only.into_iter().collect(), Confidence::Possible);
        }
        Targets::new()
    }

    /// Whether a file stands in the module of a class, or says its name.
    fn knows(&self, file: FileId, class: ClassRef) -> bool {
        let facts = self.facts(class.0);
        let name = facts.text(facts[class.1].name);
        let is_named = self.facts(file).names.find(name).is_some();
        is_named && self.may_know(file, class.0)
    }

    /// Whether a method belongs to a type that is none of the program's, or to any type there is.
    fn extends_others(&self, function: FunctionRef) -> bool {
        let Some(class) = self.class_of(function) else {
            return false;
        };
        let is_block = self.facts(class.0)[class.1].extends.is_some();
        !is_block || self.program.extended(class) == class
    }

    pub(super) fn class_of(&self, (file, function): FunctionRef) -> Option<ClassRef> {
        Some((file, self.facts(file)[function].class?))
    }

    pub(super) fn takes_self(&self, (file, function): FunctionRef) -> bool {
        takes_self(self.facts(file), function)
    }
}

pub(super) fn takes_self(facts: &FileFacts, function: FunctionId) -> bool {
    let first = facts.parameters(&facts[function]).first();
    first.is_some_and(|first| facts.text(first.name) == "self")
}

fn has_body(facts: &FileFacts, function: FunctionId) -> bool {
    let span = facts[facts[function].body].span;
    span.end > span.start
}

fn targets(functions: Vec<FunctionRef>, confidence: Confidence) -> Targets {
    let confidence = if functions.len() > 1 {
        confidence.min(Confidence::Likely)
    } else {
        confidence
    };
    let mut found = Targets::new();
    for function in functions {
        if !found.iter().any(|target: &Target| target.function == function) {
            found.push(Target {
                function,
                offset: 0,
                confidence,
            });
        }
    }
    found
}

/// Every class of a file.
pub(super) fn classes(facts: &FileFacts) -> impl Iterator<Item = ClassId> + use<> {
    (0..u32::try_from(facts.classes.len()).unwrap_or(u32::MAX)).map(ClassId)
}
