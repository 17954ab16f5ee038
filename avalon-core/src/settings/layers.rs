//! Layers of values laid over one another by figment.
//!
//! In: checked entries, layer by layer, each over those before it. Out: for each key the value on
//! top. An entry is one of figment's providers, named after its place, so that figment's own errors
//! would say where a value came from.

use figment::value::{Dict, Map};
use figment::{Figment, Metadata, Profile, Provider};

use super::entry::{Entry, Value};
use super::key::Key;

/// The values of all layers.
#[derive(Default)]
pub(crate) struct Layers(Figment);

impl Layers {
    /// Lays `entry` over what was given before.
    pub(crate) fn merge(self, entry: &Entry) -> Self {
        Self(self.0.merge(entry))
    }

    /// The value on top, unless no layer gives one.
    pub(crate) fn value(&self, key: Key) -> Option<Value> {
        use figment::value::Value as Found;
        match self.0.find_value(key.name()).ok()? {
            Found::String(_, text) => Some(Value::Text(text)),
            Found::Num(_, number) => {
                let number = number.to_i128().and_then(|number| number.try_into().ok());
                Some(number.map_or(Value::Other("a number"), Value::Integer))
            }
            Found::Bool(_, boolean) => Some(Value::Boolean(boolean)),
            _ => None,
        }
    }
}

impl Provider for Entry {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.to_string())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let value = match &self.value {
            Value::Text(text) => text.as_str().into(),
            Value::Integer(number) => (*number).into(),
            Value::Boolean(boolean) => (*boolean).into(),
            Value::Other(kind) => return Err(format!("no setting takes {kind}").into()),
        };
        let pair = (self.key.name().to_owned(), value);
        Ok(Profile::Default.collect(Dict::from([pair])))
    }
}

#[cfg(test)]
mod tests {
    use super::super::problem::Origin;
    use super::*;

    #[test]
    fn the_last_layer_is_on_top_and_texts_stay_texts() {
        let entry = |key, value| Entry {
            key,
            value,
            origin: Origin::Default,
        };
        let text = |text: &str| Value::Text(text.to_owned());
        let layers = Layers::default()
            .merge(&entry(Key::StatsdPrefix, text("a")))
            .merge(&entry(Key::StatsdPort, Value::Integer(1)))
            .merge(&entry(Key::StatsdPrefix, text("42")))
            .merge(&entry(Key::ServePaths, Value::Boolean(true)))
            .merge(&entry(Key::LogPath, text("")));
        assert_eq!(layers.value(Key::StatsdPrefix), Some(text("42")));
        assert_eq!(layers.value(Key::StatsdPort), Some(Value::Integer(1)));
        assert_eq!(layers.value(Key::ServePaths), Some(Value::Boolean(true)));
        assert_eq!(layers.value(Key::LogPath), Some(text("")));
        assert_eq!(layers.value(Key::Bind), None);
    }
}
