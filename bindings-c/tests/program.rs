//! A C program, compiled without a warning and linked both ways, makes an engine and steps it.

use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn a_c_program_runs_with_the_static_library() {
    let library = libraries().join("libhomeostat.a");
    let system = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"].map(PathBuf::from);
    compile_and_run("static", &[[library].as_slice(), &system].concat());
}

#[test]
fn a_c_program_runs_with_the_shared_library() {
    let rpath = format!("-Wl,-rpath,{}", libraries().display());
    compile_and_run("shared", &[libraries().join("libhomeostat.so"), PathBuf::from(rpath)]);
}

/// Cargo puts the libraries beside this test.
fn libraries() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    test.parent().expect("it is in a folder").to_path_buf()
}

fn compile_and_run(name: &str, link: &[PathBuf]) {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("step-{name}"));
    let mut compile = Command::new(std::env::var_os("CC").unwrap_or("cc".into()));
    compile.args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"]).arg(crate_dir.join("include"));
    compile.arg(crate_dir.join("tests/step.c")).args(link).arg("-o").arg(&program);
    succeed(&mut compile);
    succeed(Command::new(&program).arg(crate_dir.join("tests/policy.yaml")));
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} did not start: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}\n{}{}", text(&output.stdout), text(&output.stderr));
}
