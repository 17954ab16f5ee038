//! Where the database is when no setting says so.
//!
//! In: the surroundings. Out: a file in the service's state directory or the user's data directory,
//! and a notice where the original's default file is likely to be what is wanted. The original's
//! default lay in a temporary folder, which machines clear when they start.

use std::path::PathBuf;

use super::environment::Environment;
use crate::database::DatabaseUrl;

/// The name of the file, here and in the original.
const FILE: &str = "avalon.sqlite";

/// The default database: under systemd `$STATE_DIRECTORY/avalon.sqlite`, else `avalon/avalon.sqlite`
/// in the user's data directory.
///
/// # Errors
/// The reason, for a user who has neither.
pub(crate) fn url(environment: &Environment) -> Result<DatabaseUrl, String> {
    path(environment)
        .map(DatabaseUrl::SqliteDefault)
        .ok_or_else(|| {
            "has no default, since this user has no home directory: set it, for example to \
             sqlite:////var/lib/avalon/avalon.sqlite"
                .to_owned()
        })
}

/// A notice where the default database is absent and one of the original's is there.
pub(crate) fn notice(environment: &Environment) -> Option<String> {
    let path = path(environment)?;
    if path.exists() {
        return None;
    }
    let originals = environment.temporary_directories();
    let original = originals
        .map(|folder| folder.join(FILE))
        .find(|original| original.is_file())?;
    let (path, original) = (path.display(), original.display());
    Some(format!(
        "there is no database at {path} yet; the original kept its database in {original}: \
         to use it, set DATABASE_URL=sqlite:///{original}"
    ))
}

fn path(environment: &Environment) -> Option<PathBuf> {
    // systemd separates the directories of a unit that has several by colons.
    let state = environment
        .variable("STATE_DIRECTORY")
        .and_then(|directories| {
            let text = directories.to_str()?;
            text.split(':')
                .find(|directory| !directory.is_empty())
                .map(PathBuf::from)
        });
    let folder = state.or_else(|| Some(environment.data_directory.as_ref()?.join("avalon")));
    folder.map(|folder| folder.join(FILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)], data_directory: Option<&str>) -> Environment {
        let pairs = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        Environment {
            variables: pairs.collect(),
            directory: PathBuf::new(),
            data_directory: data_directory.map(PathBuf::from),
        }
    }

    #[test]
    fn the_service_has_its_state_directory_and_a_user_the_data_directory() {
        for (variables, data, expected) in [
            (
                &[][..],
                Some("/home/a/.local/share"),
                "/home/a/.local/share/avalon/avalon.sqlite",
            ),
            (
                &[("STATE_DIRECTORY", "/var/lib/a")],
                Some("/x"),
                "/var/lib/a/avalon.sqlite",
            ),
            (
                &[("STATE_DIRECTORY", "/var/lib/a:/b")],
                None,
                "/var/lib/a/avalon.sqlite",
            ),
            (
                &[("STATE_DIRECTORY", "")],
                Some("/x"),
                "/x/avalon/avalon.sqlite",
            ),
        ] {
            let expected = Ok(DatabaseUrl::SqliteDefault(PathBuf::from(expected)));
            assert_eq!(
                url(&environment(variables, data)),
                expected,
                "{variables:?}"
            );
        }
        let error = url(&environment(&[], None)).unwrap_err();
        assert!(error.contains("no home directory"), "{error}");
    }

    #[test]
    fn a_database_of_the_original_is_pointed_out_until_there_is_one_of_ours() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir(at("tmp")).unwrap();
        std::fs::create_dir(at("state")).unwrap();
        let (temporary, state) = (at("tmp"), at("state"));
        let environment = environment(&[("TMPDIR", &temporary), ("STATE_DIRECTORY", &state)], None);
        let original = at("tmp/avalon.sqlite");
        std::fs::write(&original, "").unwrap();
        let notice = super::notice(&environment).unwrap();
        let hint = format!("set DATABASE_URL=sqlite:///{original}");
        assert!(notice.ends_with(&hint), "{notice}");
        assert!(hint.contains("sqlite:////"), "{notice}");
        std::fs::write(at("state/avalon.sqlite"), "").unwrap();
        assert_eq!(super::notice(&environment), None);
    }
}
