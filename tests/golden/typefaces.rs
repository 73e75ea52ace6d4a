//! Typefaces that an operator adds draw what the embedded ones lack.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::cases;
use crate::numbers::pdf_text;
use crate::skip::skipped;

/// A letter that DejaVu Serif has, and neither Inter nor DejaVu Sans.
const LETTER: char = 'ᴥ';
const NOTE: &str = "none of the typefaces";

fn preview(rows: &Path, out: &Path, fonts: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashloom"));
    command.arg("preview").arg(rows).arg("--out").arg(out);
    if let Some(fonts) = fonts {
        command
            .arg("--set")
            .arg(format!("exports.fonts={}", fonts.display()));
    }
    command.output().unwrap()
}

#[test]
fn what_the_embedded_typefaces_lack_is_drawn_by_an_operators() {
    let serif = cases::root().join("web/node_modules/dejavu-fonts-ttf/ttf/DejaVuSerif.ttf");
    if !serif.is_file() {
        skipped("web/node_modules is not there: web/dist was built elsewhere");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("fonts")).unwrap();
    fs::copy(serif, path("fonts/Serif.TTF")).unwrap();
    fs::write(path("fonts/README"), "no typeface").unwrap();
    let rows = format!("animal,n\n{LETTER} bear,30\ncat,20\n");
    fs::write(path("animals.csv"), rows).unwrap();
    let made = |out: &str, fonts: Option<&Path>| {
        let output = preview(&path("animals.csv"), &path(out), fonts);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        fs::read(path(out)).unwrap()
    };
    let fonts = path("fonts");
    let (without, with) = (
        pdf_text(&made("without.pdf", None)),
        pdf_text(&made("with.pdf", Some(&fonts))),
    );
    assert!(without.contains(NOTE), "{without}");
    assert!(with.contains(LETTER) && !with.contains(NOTE), "{with}");
    assert_ne!(made("without.png", None), made("with.png", Some(&fonts)));
    let page = String::from_utf8(made("with.html", Some(&fonts))).unwrap();
    assert!(page.contains(LETTER), "readers' own typefaces have it");
}

#[test]
fn a_folder_that_cannot_be_drawn_with_is_named_with_its_setting() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("rows.csv"), "n\n1\n").unwrap();
    let said = |fonts: &Path| {
        let output = preview(&path("rows.csv"), &path("out.png"), Some(fonts));
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    for (fonts, what) in [
        ("nowhere", "cannot be read"),
        ("", "holds no file that ends in .ttf"),
    ] {
        let said = said(&path(fonts));
        assert!(said.contains("exports.fonts") && said.contains(what), "{said}");
    }
    fs::write(path("broken.otf"), "no typeface").unwrap();
    let said = said(folder.path());
    assert!(said.contains("broken.otf is no typeface"), "{said}");
}
