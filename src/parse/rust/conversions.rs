//! Methods and constructors of the standard prelude that are the language's own way to say what other languages have syntax for.
//!
//! A program may define methods of the same names; then what is said here is still what the name promises.

/// What a method of the prelude does with the value it is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Hands it on: the value itself, borrowed, copied or converted, or unwrapped where its absence would end the function.
    Passes,
    /// Hands it on, or fails with the argument: `.ok_or(e)`.
    PassesOrFails,
    /// Hands it on, or fails with what the argument gives when called: `.ok_or_else(f)`.
    PassesOrFailsWith,
    /// Hands it on, or fails with the error that the argument makes of another: `.map_err(f)`.
    MapsError,
    /// Hands it on if it is there, else the argument: `.unwrap_or(x)`, `.or(x)`.
    Otherwise,
    /// Hands it on if it is there, else what the argument gives when called: `.unwrap_or_else(f)`, `.or_else(f)`.
    OtherwiseCalls,
    /// Hands it on if it is there, else the empty value of its type: `.unwrap_or_default()`.
    OtherwiseEmpty,
    /// Hands it on if it is there, else nothing: `.ok()` of a result.
    OtherwiseNothing,
    /// What the second argument makes of it if it is there, else the first: `.map_or(x, f)`.
    MapOr,
    /// The same, with a first argument that is called: `.map_or_else(d, f)`.
    MapOrElse,
    /// The argument if the condition holds, else nothing: `.then_some(x)`.
    ThenSome,
    /// What the argument gives when called if the condition holds, else nothing: `.then(f)`.
    Then,
    /// Equality: `.eq_ignore_ascii_case(x)`.
    Equals,
    /// Whether the argument is in it: `.contains(x)`.
    Contains,
    /// `.is_none()`.
    IsNone,
    /// `.is_some()`.
    IsSome,
}

/// What `method`, called with `arguments` arguments, does; nothing if it is none of the prelude's or says no more than a call.
pub(super) fn method(method: &str, arguments: usize) -> Option<Method> {
    Some(match (method, arguments) {
        (
            "as_bytes" | "as_deref" | "as_deref_mut" | "as_mut" | "as_ref" | "as_slice" | "as_str" | "borrow"
            | "borrow_mut" | "clone" | "cloned" | "copied" | "into" | "into_bytes" | "into_string" | "to_owned"
            | "to_string" | "to_vec" | "unwrap",
            0,
        ) => Method::Passes,
        ("ok_or", 1) => Method::PassesOrFails,
        ("ok_or_else", 1) => Method::PassesOrFailsWith,
        ("map_err", 1) => Method::MapsError,
        ("unwrap_or" | "or", 1) => Method::Otherwise,
        ("unwrap_or_else" | "or_else", 1) => Method::OtherwiseCalls,
        ("unwrap_or_default", 0) => Method::OtherwiseEmpty,
        ("ok", 0) => Method::OtherwiseNothing,
        ("map_or", 2) => Method::MapOr,
        ("map_or_else", 2) => Method::MapOrElse,
        ("then_some", 1) => Method::ThenSome,
        ("then", 1) => Method::Then,
        ("eq_ignore_ascii_case", 1) => Method::Equals,
        ("contains" | "contains_key", 1) => Method::Contains,
        ("is_none", 0) => Method::IsNone,
        ("is_some", 0) => Method::IsSome,
        _ => return None,
    })
}

/// What a method that takes a closure calls it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feeds {
    /// The value that the method is called on, or each of its elements where it is a sequence: `.map(|x| …)`, `.filter(…)`.
    Inside,
    /// Each element of what the method is called on: `.for_each(|x| …)`.
    Elements,
}

/// What `method` calls a closure with, if it is one of the prelude's.
pub(super) fn feeds(method: &str) -> Option<Feeds> {
    Some(match method {
        "map" | "and_then" | "filter" | "inspect" | "is_some_and" | "is_ok_and" | "flat_map" | "is_none_or" => {
            Feeds::Inside
        }
        "all" | "any" | "filter_map" | "find" | "find_map" | "for_each" | "map_while" | "partition" | "position"
        | "skip_while" | "take_while" | "try_for_each" | "max_by_key" | "min_by_key" | "retain" => Feeds::Elements,
        _ => return None,
    })
}

/// Whether a method hands on the elements of what it is called on, so that a loop over its result is a loop over that.
pub(super) fn iterates(method: &str) -> bool {
    matches!(
        method,
        "by_ref"
            | "drain"
            | "filter"
            | "fuse"
            | "inspect"
            | "into_iter"
            | "into_par_iter"
            | "iter"
            | "iter_mut"
            | "par_iter"
            | "peekable"
            | "rev"
            | "skip"
            | "skip_while"
            | "step_by"
            | "take"
            | "take_while"
    )
}

/// Whether a method gives an iterator whose elements are not those of what it is called on.
pub(super) fn is_iterator(method: &str) -> bool {
    matches!(
        method,
        "bytes"
            | "chain"
            | "char_indices"
            | "chars"
            | "chunks"
            | "enumerate"
            | "filter_map"
            | "flat_map"
            | "flatten"
            | "into_keys"
            | "into_values"
            | "keys"
            | "lines"
            | "rsplit"
            | "split"
            | "split_ascii_whitespace"
            | "split_whitespace"
            | "splitn"
            | "values"
            | "values_mut"
            | "windows"
            | "zip"
    )
}

/// Whether `a::b(x)`, or `b(x)` with no `a`, is `x` in another wrapping.
pub(super) fn wraps(owner: Option<&str>, name: &str) -> bool {
    matches!(
        (owner, name),
        (None | Some("Option"), "Some")
            | (None | Some("Result"), "Ok")
            | (Some("Box"), "new" | "from" | "pin")
            | (Some("String"), "from")
    )
}
