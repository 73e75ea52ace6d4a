//! Compiles the event contract in `proto/` without a `protoc` binary, with protobuf-JSON beside protobuf, and sees that
//! what `scripts/web` builds is there to be embedded.
#![expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to build scripts through the environment"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost_build::Config;

const ROOT: &str = "proto";
const PACKAGE: &str = "proto/dashloom/v1";
/// What `scripts/web` builds, and the file that it writes last.
const WEB: &str = "web/dist";
const WEB_STAMP: &str = "web/dist/.inputs";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={ROOT}");
    println!("cargo::rerun-if-changed={WEB_STAMP}");
    if !Path::new(WEB_STAMP).is_file() {
        println!(
            "cargo::error={WEB} is missing: run scripts/web, which builds what the service embeds of JavaScript and fonts"
        );
        return Ok(());
    }
    embed_page()?;
    compile_contract()
}

/// Lists the browser page's files as `page.rs`, a slice of (path below `web/dist/page`, bytes) in path order.
///
/// The compiler is told where the package is, not this program: another clone with the same target directory has its own files.
fn embed_page() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(WEB).join("page");
    let mut paths = Vec::new();
    files_below(&folder, &mut paths)?;
    paths.sort();
    let entries: Vec<String> = paths
        .iter()
        .map(|path| {
            let name = path.strip_prefix(&folder).unwrap_or(path);
            let beside_manifest = format!("/{}", path.display());
            format!("({name:?}, include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {beside_manifest:?})) as &[u8])")
        })
        .collect();
    let list = format!("&[{}]", entries.join(", "));
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("page.rs"), list)?;
    Ok(())
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files_below(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn compile_contract() -> Result<(), Box<dyn Error>> {
    let mut compiler = protox::Compiler::new([ROOT])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(contract_files()?)?;
    Config::new()
        .bytes(["."])
        .compile_well_known_types()
        .extern_path(".google.protobuf", "::pbjson_types")
        .compile_fds(compiler.file_descriptor_set())?;
    pbjson_build::Builder::new()
        .register_descriptors(&compiler.encode_file_descriptor_set())?
        .out_dir(PathBuf::from(env::var("OUT_DIR")?))
        .ignore_unknown_fields()
        .build(&[".dashloom.v1"])?;
    Ok(())
}

/// Every file of the package, in name order so that the generated code is the same on every machine.
fn contract_files() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(Path::new(PACKAGE))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
