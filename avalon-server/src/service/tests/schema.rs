//! Values against the schemas of the description: as much of JSON Schema as it uses.

use serde_json::Value;

/// What is wrong with a value, by where it is. A member that is not described is wrong too, so that the
/// description is whole.
pub(super) fn faults(value: &Value, schema: &Value, document: &Value) -> Vec<String> {
    let mut check = Check {
        document,
        faults: Vec::new(),
    };
    check.value(value, schema, "");
    check.faults
}

struct Check<'a> {
    document: &'a Value,
    faults: Vec<String>,
}

impl<'a> Check<'a> {
    fn value(&mut self, value: &Value, schema: &'a Value, at: &str) {
        self.part(value, schema, at);
        let known = self.members(schema);
        if let (Some(members), false) = (value.as_object(), known.is_empty()) {
            for name in members
                .keys()
                .filter(|name| !known.contains(&name.as_str()))
            {
                self.faults.push(format!("{at}/{name} is not described"));
            }
        }
    }

    /// One of the schemas that a value must have at once.
    fn part(&mut self, value: &Value, schema: &'a Value, at: &str) {
        for (keyword, told) in schema.as_object().into_iter().flatten() {
            let is_good = match keyword.as_str() {
                "$ref" => {
                    self.part(value, self.resolved(told), at);
                    true
                }
                "allOf" => {
                    told.as_array()
                        .unwrap()
                        .iter()
                        .for_each(|part| self.part(value, part, at));
                    true
                }
                "oneOf" => {
                    let of = told.as_array().unwrap().iter();
                    of.filter(|one| faults(value, one, self.document).is_empty())
                        .count()
                        == 1
                }
                "type" => match told {
                    Value::Array(types) => types.iter().any(|one| is_a(value, one)),
                    one => is_a(value, one),
                },
                "const" => value == told,
                "enum" => told.as_array().unwrap().contains(value),
                "format" => match told.as_str().unwrap() {
                    "uuid" => value
                        .as_str()
                        .is_none_or(|text| uuid::Uuid::try_parse(text).is_ok()),
                    "date-time" => value
                        .as_str()
                        .is_none_or(|text| text.parse::<jiff::Timestamp>().is_ok()),
                    other => panic!("format {other}"),
                },
                "required" => {
                    let mut names = told.as_array().unwrap().iter();
                    value.as_object().is_none_or(|members| {
                        names.all(|name| members.contains_key(name.as_str().unwrap()))
                    })
                }
                "properties" => {
                    for (name, schema) in told.as_object().unwrap() {
                        if let Some(member) = value.get(name) {
                            self.value(member, schema, &format!("{at}/{name}"));
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    assert_eq!(*told, Value::Bool(false));
                    let known = self.members(schema);
                    let mut names = value.as_object().into_iter().flatten();
                    names.all(|(name, _)| known.contains(&name.as_str()))
                }
                "items" => {
                    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.value(item, told, &format!("{at}/{number}"));
                    }
                    true
                }
                "minItems" => value
                    .as_array()
                    .is_none_or(|items| items.len() as u64 >= told.as_u64().unwrap()),
                "maxItems" => value
                    .as_array()
                    .is_none_or(|items| items.len() as u64 <= told.as_u64().unwrap()),
                "minimum" => value
                    .as_f64()
                    .is_none_or(|number| number >= told.as_f64().unwrap()),
                "maximum" => value
                    .as_f64()
                    .is_none_or(|number| number <= told.as_f64().unwrap()),
                "exclusiveMinimum" => value
                    .as_f64()
                    .is_none_or(|number| number > told.as_f64().unwrap()),
                "pattern" | "description" => true,
                other => panic!("keyword {other}"),
            };
            if !is_good {
                self.faults
                    .push(format!("{at} is {value}, and {keyword} is {told}"));
            }
        }
    }

    /// The members that a schema describes, itself or by its parts.
    fn members(&self, schema: &'a Value) -> Vec<&'a str> {
        let mut known: Vec<&str> = Vec::new();
        let properties = schema["properties"].as_object();
        known.extend(
            properties
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str()),
        );
        if !schema["$ref"].is_null() {
            known.extend(self.members(self.resolved(&schema["$ref"])));
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            known.extend(self.members(part));
        }
        known
    }

    fn resolved(&self, reference: &Value) -> &'a Value {
        resolved(reference, self.document)
    }
}

/// What a `$ref` refers to.
pub(super) fn resolved<'a>(reference: &Value, document: &'a Value) -> &'a Value {
    let reference = reference.as_str().unwrap();
    let target = document.pointer(reference.strip_prefix('#').unwrap());
    target.unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

fn is_a(value: &Value, told: &Value) -> bool {
    match told.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => {
            value.is_i64()
                || value.is_u64()
                || value
                    .to_string()
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b == b'-')
        }
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("type {other}"),
    }
}
