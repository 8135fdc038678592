//! The committed header is the one the sources give.

use std::path::Path;

/// `HOMEOSTAT_WRITE_HEADER=1 cargo test -p homeostat-c --test header` writes it anew.
#[test]
fn the_committed_header_is_current() {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(crate_dir.join("cbindgen.toml")).expect("the configuration is sound");
    let builder = cbindgen::Builder::new().with_config(config).with_src(crate_dir.join("src/lib.rs"));
    let mut generated = Vec::new();
    builder.generate().expect("the sources can be read").write(&mut generated);
    let generated = String::from_utf8(generated).expect("the header is UTF-8");

    let committed = crate_dir.join("include/homeostat.h");
    if std::env::var_os("HOMEOSTAT_WRITE_HEADER").is_some() {
        std::fs::write(&committed, &generated).expect("the header can be written");
    }
    let text = std::fs::read_to_string(&committed).unwrap_or_default();
    assert!(
        text == generated,
        "{} is not current: set HOMEOSTAT_WRITE_HEADER=1 and run this test",
        committed.display()
    );
}
