//! Embeds the knowledge under `rules/`: a new catalog file needs no line of code.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut catalog = String::from("const CATALOG_FILES: &[(&str, &str)] = &[\n");
    for path in listed("rules/catalog", "toml")? {
        if !path.ends_with("/words.toml") {
            let name = path.rsplit('/').next().unwrap_or(&path);
            writeln!(
                catalog,
                "    ({name:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{path}\"))),"
            )?;
        }
    }
    catalog.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("catalog_files.rs"), catalog)?;
    Ok(())
}

/// The files of a folder with an extension, sorted, so that the binary does not depend on the file system's order.
fn listed(folder: &str, extension: &str) -> std::io::Result<Vec<String>> {
    println!("cargo::rerun-if-changed={folder}");
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(&format!(".{extension}")) {
            paths.push(format!("{folder}/{name}"));
        }
    }
    paths.sort();
    Ok(paths)
}
