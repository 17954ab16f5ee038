use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};

/// What `jq -c code` prints for a JSON text, a text for each value; a filter that fails, fails the test.
pub(crate) fn run(code: &str, json: &str) -> Vec<String> {
    let input = read::parse_single(json.as_bytes())
        .unwrap_or_else(|error| panic!("{error} in an answer: {json}"));
    // Without jq's standard library: it would switch on features of crates that the server has too, and
    // what answers are cut with is in the core.
    let funs = jaq_core::funs().chain(jaq_json::funs());
    let arena = Arena::default();
    let modules = Loader::new(jaq_core::defs())
        .load(&arena, File { code, path: () })
        .unwrap_or_else(|errors| panic!("jq cannot read {code}: {errors:?}"));
    let filter = Compiler::default()
        .with_funs(funs)
        .compile(modules)
        .unwrap_or_else(|errors| panic!("jq cannot read {code}: {errors:?}"));
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let values = filter.id.run((context, input)).map(unwrap_valr);
    let values = values.map(|value| {
        let value = value.unwrap_or_else(|error| panic!("jq {code}: {error} in {json}"));
        value.to_string()
    });
    values.collect()
}

#[test]
fn filters_do_what_those_of_jq_do() {
    let json = r#"{"a":[{"b":"ü","c":0.8125},{"b":"y"}],"d":{"e":[1]}}"#;
    assert_eq!(
        run(".a[] | [.b, .c]", json),
        [r#"["ü",0.8125]"#, r#"["y",null]"#]
    );
    assert_eq!(run(".d.e[0], (.a | length)", json), ["1", "2"]);
    assert_eq!(
        run(".d | to_entries[] | [.key, .value[]]", json),
        [r#"["e",1]"#]
    );
}
