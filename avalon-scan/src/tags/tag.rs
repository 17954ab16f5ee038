//! A tag, read: the original's fields, and everything else in it.

use avalon_core::database::TrackDetails;

use super::fields::Fields;

/// What one tag says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tag {
    /// The first value of each of the original's fields.
    pub fields: Fields,
    /// The rest.
    pub details: TrackDetails,
}

impl Tag {
    /// The tag of a file that counts, whole: the first that has any of the original's fields; else
    /// the first that says anything.
    pub fn first_of<const N: usize>(tags: [Option<Self>; N]) -> Self {
        let mut other = None;
        for tag in tags.into_iter().flatten() {
            if !tag.fields.is_empty() {
                return tag;
            }
            if tag.details != TrackDetails::default() {
                other = other.or(Some(tag));
            }
        }
        other.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tag_counts_whole() {
        let tag = |title: Option<&str>, artists: &[&str]| {
            Some(Tag {
                fields: Fields {
                    title: title.map(str::to_owned),
                    ..Fields::default()
                },
                details: TrackDetails {
                    artists: artists.iter().map(|&artist| artist.to_owned()).collect(),
                    ..TrackDetails::default()
                },
            })
        };
        let none = Tag::default();
        let first = tag(Some("a"), &[]);
        let rest = tag(None, &["A"]);
        for (name, tags, expected) in [
            ("the first", [first.clone(), tag(Some("b"), &["B"])], &first),
            (
                "fields before the rest",
                [rest.clone(), first.clone()],
                &first,
            ),
            ("the rest alone", [None, rest.clone()], &rest),
            (
                "the first of the rest",
                [rest.clone(), tag(None, &["B"])],
                &rest,
            ),
            ("none", [None, tag(None, &[])], &None),
        ] {
            let expected = expected.as_ref().unwrap_or(&none);
            assert_eq!(&Tag::first_of(tags), expected, "{name}");
        }
    }
}
