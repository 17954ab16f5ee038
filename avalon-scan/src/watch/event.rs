//! What an event of the kernel means for the library.
//!
//! In: an event as `notify` gives it. Out: a list of [`Meaning`]s. What stays true: the scan's own reading of
//! files means nothing.

use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind};

/// What follows from an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Something in this folder changed.
    Changed(PathBuf),
    /// This folder is new: it is to be watched too.
    NewFolder(PathBuf),
    /// Events were lost, or the root is gone: it is to be watched anew.
    Lost,
}

/// What follows from this event in `root`. `is_folder` looks at the file system.
pub(super) fn meanings(
    event: &notify::Result<Event>,
    root: &Path,
    is_folder: &dyn Fn(&Path) -> bool,
    ignore: &dyn Fn(&Path) -> bool,
) -> Vec<Meaning> {
    let event = match event {
        Ok(event) if !event.need_rescan() => event,
        Ok(_) | Err(_) => return vec![Meaning::Lost],
    };
    let goes = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        // Both paths of a move have an event of their own already.
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => {
            return Vec::new();
        }
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From)) => true,
        _ => false,
    };
    let comes = match event.kind {
        // A link to a folder is created as a file is.
        EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_)) => !goes,
        _ => false,
    };
    let meaning = |path: &PathBuf| {
        if goes && path == root {
            Meaning::Lost
        } else if comes && is_folder(path) {
            Meaning::NewFolder(path.clone())
        } else if path == root {
            Meaning::Changed(path.clone())
        } else {
            Meaning::Changed(path.parent().unwrap_or(path).to_owned())
        }
    };
    let paths = event.paths.iter().filter(|path| !ignore(path));
    paths.map(meaning).collect()
}

#[cfg(test)]
mod tests {
    use notify::Error;
    use notify::event::{CreateKind, DataChange, Flag, MetadataKind, RemoveKind};

    use super::*;

    #[test]
    fn events_mean_folders() {
        let event = |kind: EventKind, paths: &[&str]| {
            let event = Event::new(kind);
            Ok(paths
                .iter()
                .fold(event, |event, path| event.add_path(path.into())))
        };
        let name = |mode| EventKind::Modify(ModifyKind::Name(mode));
        let changed = |path: &str| vec![Meaning::Changed(path.into())];
        let new = |path: &str| vec![Meaning::NewFolder(path.into())];
        let written = EventKind::Access(AccessKind::Close(AccessMode::Write));
        let opened = EventKind::Access(AccessKind::Open(AccessMode::Any));
        let data = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        let metadata = EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any));
        let rescan = Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan));
        let table = [
            (
                "new file",
                event(EventKind::Create(CreateKind::File), &["/m/a/f"]),
                changed("/m/a"),
            ),
            (
                "new folder",
                event(EventKind::Create(CreateKind::Folder), &["/m/a/dir"]),
                new("/m/a/dir"),
            ),
            (
                "new link to a folder",
                event(EventKind::Create(CreateKind::File), &["/m/a/dir"]),
                new("/m/a/dir"),
            ),
            (
                "new folder, gone already",
                event(EventKind::Create(CreateKind::Folder), &["/m/a/x"]),
                changed("/m/a"),
            ),
            ("written", event(data, &["/m/a/f"]), changed("/m/a")),
            ("closed", event(written, &["/m/a/f"]), changed("/m/a")),
            ("opened", event(opened, &["/m/a/f"]), vec![]),
            ("touched", event(metadata, &["/m/a/f"]), changed("/m/a")),
            (
                "removed file",
                event(EventKind::Remove(RemoveKind::File), &["/m/a/f"]),
                changed("/m/a"),
            ),
            (
                "removed folder",
                event(EventKind::Remove(RemoveKind::Folder), &["/m/a/dir"]),
                changed("/m/a"),
            ),
            (
                "moved away",
                event(name(RenameMode::From), &["/m/a/dir"]),
                changed("/m/a"),
            ),
            (
                "moved here",
                event(name(RenameMode::To), &["/m/b/dir"]),
                new("/m/b/dir"),
            ),
            (
                "moved file",
                event(name(RenameMode::To), &["/m/b/f"]),
                changed("/m/b"),
            ),
            (
                "moved, once more",
                event(name(RenameMode::Both), &["/m/a/dir", "/m/b/dir"]),
                vec![],
            ),
            ("root's mode", event(metadata, &["/m"]), changed("/m")),
            (
                "root removed",
                event(EventKind::Remove(RemoveKind::Folder), &["/m"]),
                vec![Meaning::Lost],
            ),
            (
                "root moved",
                event(name(RenameMode::From), &["/m"]),
                vec![Meaning::Lost],
            ),
            ("overflow", rescan, vec![Meaning::Lost]),
            ("an error", Err(Error::generic("?")), vec![Meaning::Lost]),
            (
                "our own database",
                event(data, &["/m/library.sqlite-journal"]),
                vec![],
            ),
        ];
        for (name, event, expected) in table {
            let meanings = meanings(
                &event,
                Path::new("/m"),
                &|path| path.ends_with("dir"),
                &|path| path.to_string_lossy().contains(".sqlite"),
            );
            assert_eq!(meanings, expected, "{name}");
        }
    }
}
