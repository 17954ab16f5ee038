//! Ids and numbers to and from the columns of each backend.

use std::error::Error;
use std::io::Write;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sqlite::Sqlite;
use uuid::Uuid;
use uuid::fmt::Simple;

use super::schema::{Id, Number};
use crate::ids::{AlbumId, ArtistId, GenreId, TrackId};

/// An id of any kind, as a column holds it.
#[derive(Clone, Copy, Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = Id)]
pub(crate) struct StoredId(Uuid);

/// An id that is about to be written: with its digits, so that SQLite can take them from here.
#[derive(Clone, Copy, Debug, AsExpression)]
#[diesel(sql_type = Id)]
pub(crate) struct NewId {
    id: Uuid,
    digits: [u8; Simple::LENGTH],
}

/// A number, as a column holds it.
#[derive(Clone, Copy, Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = Number)]
pub(crate) struct StoredNumber(pub(crate) i64);

macro_rules! stored_as_id {
    ($($id:ident),+) => {
        $(
            impl From<StoredId> for $id {
                fn from(stored: StoredId) -> Self {
                    Self(stored.0)
                }
            }

            impl From<$id> for StoredId {
                fn from(id: $id) -> Self {
                    Self(id.0)
                }
            }

            impl From<$id> for NewId {
                fn from(id: $id) -> Self {
                    let mut digits = [0; Simple::LENGTH];
                    id.0.as_simple().encode_lower(&mut digits);
                    Self { id: id.0, digits }
                }
            }
        )+
    };
}

stored_as_id!(AlbumId, ArtistId, GenreId, TrackId);

/// The ids of a column, row after row: neighbours often have the same, which is told by its digits. One is left here
/// rather than given back, since to move it through the results of functions takes longer than to parse it.
#[derive(Debug)]
pub(crate) struct LastId<I> {
    id: I,
    /// What it was read of, if it was of so many.
    digits: Option<[u8; Simple::LENGTH]>,
}

impl<I: From<StoredId>> Default for LastId<I> {
    fn default() -> Self {
        Self {
            id: StoredId(Uuid::nil()).into(),
            digits: None,
        }
    }
}

impl<I: From<StoredId>> LastId<I> {
    /// The one that was read last.
    pub(crate) fn get(&self) -> &I {
        &self.id
    }

    /// One that is read otherwise.
    pub(crate) fn set(&mut self, id: StoredId) {
        self.id = id.into();
        self.digits = None;
    }

    /// Reads what is in a column of texts.
    pub(crate) fn read(&mut self, text: &[u8]) -> deserialize::Result<()> {
        let digits = <&[u8; Simple::LENGTH]>::try_from(text).ok();
        if digits.is_none() || digits != self.digits.as_ref() {
            self.id = StoredId::of_text(text)?.into();
            self.digits = digits.copied();
        }
        Ok(())
    }
}

impl From<StoredId> for Uuid {
    fn from(stored: StoredId) -> Self {
        stored.0
    }
}

impl StoredId {
    /// Of what is in a column of texts.
    pub(crate) fn of_text(text: &[u8]) -> deserialize::Result<Self> {
        match of_digits(text).map_or_else(|| Uuid::try_parse_ascii(text), Ok) {
            Ok(id) => Ok(Self(id)),
            Err(_) => {
                let text = String::from_utf8_lossy(text);
                Err(format!("{text:?} is no id of 32 hexadecimal digits").into())
            }
        }
    }
}

/// The id of 32 hexadecimal digits, of either case; `None` where this is something else. Without a branch
/// on any digit: a library has four ids a track.
fn of_digits(text: &[u8]) -> Option<Uuid> {
    let text: &[u8; Simple::LENGTH] = text.try_into().ok()?;
    let mut values = [0; Simple::LENGTH];
    let mut is_other = false;
    for (value, &digit) in values.iter_mut().zip(text) {
        let decimal = digit.wrapping_sub(b'0');
        let letter = (digit | 0x20).wrapping_sub(b'a');
        let is_decimal = decimal < 10;
        *value = if is_decimal {
            decimal
        } else {
            letter.wrapping_add(10)
        };
        is_other |= !is_decimal & (letter >= 6);
    }
    let (pairs, _) = values.as_chunks::<2>();
    let mut bytes = [0; 16];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = high << 4 | low;
    }
    (!is_other).then(|| Uuid::from_bytes(bytes))
}

impl FromSql<Id, Sqlite> for StoredId {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Self::of_text(value.read_text().as_bytes())
    }
}

impl ToSql<Id, Sqlite> for StoredId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_simple().to_string());
        Ok(IsNull::No)
    }
}

impl FromSql<Id, Pg> for StoredId {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?))
    }
}

impl ToSql<Id, Pg> for StoredId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<Id, Sqlite> for NewId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(str::from_utf8(&self.digits)?);
        Ok(IsNull::No)
    }
}

impl ToSql<Id, Pg> for NewId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.id.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Number, Sqlite> for StoredNumber {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(value.read_long()))
    }
}

impl ToSql<Number, Sqlite> for StoredNumber {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0);
        Ok(IsNull::No)
    }
}

impl FromSql<Number, Pg> for StoredNumber {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let bytes: [u8; 4] = value.as_bytes().try_into()?;
        Ok(Self(i32::from_be_bytes(bytes).into()))
    }
}

impl ToSql<Number, Pg> for StoredNumber {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let number = i32::try_from(self.0).map_err(|_| -> Box<dyn Error + Send + Sync> {
            format!("{} does not fit into a column of 32 bits", self.0).into()
        })?;
        out.write_all(&number.to_be_bytes())?;
        Ok(IsNull::No)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_either_case_are_an_id_and_nothing_else_is() {
        let digits = b"0123456789abcdefFEDCBA9876543210";
        let id = Uuid::from_u128(0x0123_4567_89ab_cdef_fedc_ba98_7654_3210);
        assert_eq!(of_digits(digits), Some(id));
        assert_eq!(of_digits(&digits[1..]), None);
        assert_eq!(of_digits(b""), None);
        for at in [0, 31] {
            for byte in 0..=u8::MAX {
                let mut digits = *digits;
                digits[at] = byte;
                let is_digit = byte.is_ascii_hexdigit();
                assert_eq!(of_digits(&digits).is_some(), is_digit, "{byte:#x}");
            }
        }
    }
}
