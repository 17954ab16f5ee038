//! What a request may say and what is answered, as values that both documents are made of.
//!
//! Texts are in CommonMark, of which they use paragraphs and `code`.

use std::borrow::Cow;

use serde_json::{Value, json};

/// An integer as it may be written, in digits of ASCII.
const INTEGER: &str = "^[ \\t\\n\\r]*[+-]?[0-9]+(?:_[0-9]+)*[ \\t\\n\\r]*$";

/// The same from 0 on.
const COUNT: &str = "^[ \\t\\n\\r]*(?:\\+?[0-9]+(?:_[0-9]+)*|-0+(?:_0+)*)[ \\t\\n\\r]*$";

/// What GET does at one endpoint.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// Its path below REQUEST_PATH, as [`super::Endpoint::path`] has it.
    pub(super) path: &'static str,
    /// Its name for programs, one of a kind.
    pub(super) id: &'static str,
    /// What it belongs to: one of [`super::document::TAGS`].
    pub(super) tag: &'static str,
    /// One line, without a full stop.
    pub(super) summary: &'static str,
    /// More.
    pub(super) description: &'static str,
    /// What may be said.
    pub(super) parameters: Vec<Given>,
    /// What is answered with status 200.
    pub(super) success: Success,
    /// Statuses of errors that not every operation has.
    pub(super) statuses: Vec<u16>,
    /// Plain text that is answered with status 503, where that is no error in the envelope.
    pub(super) unwell: Option<&'static str>,
    /// Paths below REQUEST_PATH with query strings, to be tried.
    pub(super) examples: Vec<&'static str>,
}

/// What may be said in a request.
#[derive(Clone, Debug)]
pub(super) enum Given {
    /// One parameter.
    One(Parameter),
    /// Parameters of which some count only [beside](Parameter::beside) another: an object to OpenAPI, whose
    /// members are sent as parameters of their own.
    Together {
        /// The name of the object, which is never sent.
        name: &'static str,
        /// What they do together.
        description: &'static str,
        /// The parameters.
        members: Vec<Parameter>,
    },
}

/// A parameter.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) description: &'static str,
    /// What counts where it is not given, in words; empty where that is just nothing.
    pub(super) default: Cow<'static, str>,
    /// Something that it may be; empty for none.
    pub(super) example: &'static str,
    /// The parameter beside which alone it counts: where that is missing, whatever it is is taken.
    pub(super) beside: Option<&'static str>,
    /// Whether it stands in the path.
    pub(super) in_path: bool,
    pub(super) required: bool,
    /// Whether it decides what another may be in a way that no schema can tell. It is told to people, and
    /// to programs in words.
    pub(super) beyond_schemas: bool,
}

/// What a parameter may be.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// An id.
    Uuid,
    /// An integer from 0 on, up to a bound if there is one.
    Count { at_most: Option<usize> },
    /// One of these.
    Choice(Vec<&'static str>),
    /// Any of these, with commas between them, or one of some others alone.
    Choices {
        names: Vec<&'static str>,
        alone: Vec<&'static str>,
    },
    /// Text that matches a pattern (ECMA 262), which is these words.
    Pattern {
        pattern: String,
        most_characters: Option<usize>,
        words: String,
    },
}

/// What is answered with status 200.
#[derive(Clone, Debug)]
pub(super) struct Success {
    pub(super) description: &'static str,
    pub(super) media_type: &'static str,
    /// Of the whole body.
    pub(super) schema: Value,
    /// A whole body: of what is no JSON, a string. `null` for none.
    pub(super) example: Value,
    /// Headers beside `Avalon-Generation`: names of components.
    pub(super) headers: Vec<&'static str>,
    /// Operations that take an id of the first result: name of the operation.
    pub(super) leads_to: Option<&'static str>,
}

impl Parameter {
    /// A parameter of the query string that need not be given.
    pub(super) fn new(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self {
            name,
            kind,
            description,
            default: Cow::Borrowed(""),
            example: "",
            beside: None,
            in_path: false,
            required: false,
            beyond_schemas: false,
        }
    }

    pub(super) fn default(self, default: impl Into<Cow<'static, str>>) -> Self {
        let default = default.into();
        Self { default, ..self }
    }

    pub(super) fn example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    pub(super) fn beside(self, other: &'static str) -> Self {
        let beside = Some(other);
        Self { beside, ..self }
    }

    pub(super) fn required(self) -> Self {
        let required = true;
        Self { required, ..self }
    }

    pub(super) fn beyond_schemas(self) -> Self {
        let beyond_schemas = true;
        Self {
            beyond_schemas,
            ..self
        }
    }

    /// A parameter that stands in the path.
    pub(super) fn in_path(self) -> Self {
        let in_path = true;
        Self {
            in_path,
            ..self.required()
        }
    }
}

impl From<Parameter> for Given {
    fn from(parameter: Parameter) -> Self {
        Self::One(parameter)
    }
}

impl Given {
    /// The parameters, each by itself.
    pub(super) fn parameters(&self) -> &[Parameter] {
        match self {
            Self::One(parameter) => std::slice::from_ref(parameter),
            Self::Together { members, .. } => members,
        }
    }
}

impl Kind {
    /// As a JSON schema.
    pub(super) fn schema(&self) -> Value {
        match self {
            Self::Text => json!({ "type": "string" }),
            Self::Uuid => json!({ "type": "string", "format": "uuid" }),
            Self::Count { at_most: None } => {
                json!({ "type": ["integer", "string"], "minimum": 0, "pattern": COUNT })
            }
            Self::Count {
                at_most: Some(most),
            } => {
                json!({ "type": "integer", "minimum": 0, "maximum": most })
            }
            Self::Choice(values) => json!({ "type": "string", "enum": values }),
            Self::Choices { names, alone } => {
                let name = format!("(?:{})", names.join("|"));
                let mut pattern = format!("^(?: *{name}(?: *, *{name})* *");
                for other in alone {
                    pattern.push('|');
                    pattern.push_str(other);
                }
                pattern.push_str(")$");
                json!({ "type": "string", "pattern": pattern })
            }
            Self::Pattern {
                pattern,
                most_characters,
                ..
            } => {
                let mut schema = json!({ "type": "string", "pattern": pattern });
                if let Some(most) = most_characters {
                    schema["maxLength"] = (*most).into();
                }
                schema
            }
        }
    }

    /// As a JSON schema of what it may be where it does not count: anything of its type.
    pub(super) fn loose_schema(&self) -> Value {
        match self {
            Self::Count { .. } => json!({ "type": ["integer", "string"], "pattern": INTEGER }),
            Self::Text
            | Self::Uuid
            | Self::Choice(_)
            | Self::Choices { .. }
            | Self::Pattern { .. } => {
                json!({ "type": "string" })
            }
        }
    }

    /// In words, in CommonMark.
    pub(super) fn words(&self) -> String {
        let all = |values: &[&str]| format!("`{}`", values.join("`, `"));
        match self {
            Self::Text => "text".to_owned(),
            Self::Uuid => "UUID".to_owned(),
            Self::Count { at_most: None } => "integer, 0 or more".to_owned(),
            Self::Count {
                at_most: Some(most),
            } => format!("integer, 0 to {most}"),
            Self::Choice(values) => format!("one of {}", all(values)),
            Self::Choices { names, alone } => {
                let alone: Vec<&str> = alone
                    .iter()
                    .copied()
                    .filter(|name| !name.is_empty())
                    .collect();
                let or = match alone.is_empty() {
                    true => String::new(),
                    false => format!("; or {} alone", all(&alone)),
                };
                format!("any of {}, with commas between them{or}", all(names))
            }
            Self::Pattern { words, .. } => words.clone(),
        }
    }
}
