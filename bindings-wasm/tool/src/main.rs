//! Writes the glue for Node beside the module it belongs to: `homeostat-wasm-tool MODULE.wasm FOLDER`.

use std::process::ExitCode;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, folder] = arguments.as_slice() else {
        eprintln!("usage: homeostat-wasm-tool MODULE.wasm FOLDER");
        return ExitCode::from(2);
    };
    match write_glue(module, folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("cannot write the glue of `{module}` into `{folder}`: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn write_glue(module: &str, folder: &str) -> Result<(), String> {
    let mut bindgen = Bindgen::new();
    bindgen.nodejs(true).map_err(|error| error.to_string())?;
    bindgen.input_path(module).out_name("homeostat").typescript(true);
    bindgen.generate(folder).map_err(|error| format!("{error:#}"))
}
