//! Writes graphs: JSON for programs, DOT for Graphviz, Mermaid for Markdown.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The form a graph is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum GraphFormat {
    /// For programs: `{"caller": ["callee", …], …}`
    #[default]
    Json,
    /// For Graphviz
    Dot,
    /// For Markdown, as GitHub and GitLab draw it
    Mermaid,
}

/// A graph of names.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Each node with its successors and how the arrow to each is drawn. What is only a successor need not be listed.
    pub arrows: BTreeMap<String, BTreeMap<String, Arrow>>,
}

/// How an arrow is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrow {
    /// A full line.
    #[default]
    Plain,
    /// A dashed one: control does not pass at once, or not in the same thread.
    Dashed,
}

/// The text of `graph` in `format`, ended by a newline.
#[must_use]
pub fn graph(graph: &Graph, format: GraphFormat) -> String {
    match format {
        GraphFormat::Json => json(graph),
        GraphFormat::Dot => dot(graph),
        GraphFormat::Mermaid => mermaid(graph),
    }
}

fn json(graph: &Graph) -> String {
    let entry = |(name, successors): (&String, &BTreeMap<String, Arrow>)| {
        let successors = successors.keys().cloned().map(Value::String).collect();
        (name.clone(), Value::Array(successors))
    };
    let object: Map<String, Value> = graph.arrows.iter().map(entry).collect();
    format!("{:#}\n", Value::Object(object))
}

fn dot(graph: &Graph) -> String {
    let quoted = |name: &str| format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    let mut text = "digraph calls {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
    for (name, successors) in &graph.arrows {
        let _ = writeln!(text, "  {};", quoted(name));
        for (successor, arrow) in successors {
            let style = match arrow {
                Arrow::Plain => "",
                Arrow::Dashed => " [style=dashed]",
            };
            let _ = writeln!(text, "  {} -> {}{style};", quoted(name), quoted(successor));
        }
    }
    text.push_str("}\n");
    text
}

/// Mermaid gives some words a meaning, so nodes are numbered and their names stand in quotes.
fn mermaid(graph: &Graph) -> String {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let names = graph
        .arrows
        .iter()
        .flat_map(|(name, successors)| std::iter::once(name.as_str()).chain(successors.keys().map(String::as_str)));
    for name in names {
        let next = numbers.len() + 1;
        numbers.entry(name).or_insert(next);
    }
    let mut text = "flowchart LR\n".to_owned();
    let mut in_order: Vec<(&str, usize)> = numbers.iter().map(|(name, number)| (*name, *number)).collect();
    in_order.sort_by_key(|(_, number)| *number);
    for (name, number) in in_order {
        let label = name.replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = writeln!(text, "  n{number}[\"{label}\"]");
    }
    for (name, successors) in &graph.arrows {
        for (successor, arrow) in successors {
            let line = match arrow {
                Arrow::Plain => "-->",
                Arrow::Dashed => "-.->",
            };
            let _ = writeln!(
                text,
                "  n{} {line} n{}",
                numbers[name.as_str()],
                numbers[successor.as_str()]
            );
        }
    }
    text
}
