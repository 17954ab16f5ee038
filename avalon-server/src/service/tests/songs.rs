//! One song by its id.

use super::*;

#[test]
fn a_song_is_found_by_its_id_in_any_spelling() {
    let service = serving("/avalon");
    let listed = ask(&service, "GET", "/avalon/songs?query=live").json()["success"][0].clone();
    let id = listed["id"].as_str().unwrap();
    let bare = id.replace('-', "");
    let first = ask(&service, "GET", &format!("/avalon/songs/{id}"));
    for spelling in [
        id,
        &bare,
        &id.to_uppercase(),
        &format!("%7B{id}%7D"),
        &format!("urn:uuid:{id}"),
        &format!("%{:x}{}", id.as_bytes()[0], &id[1..]),
        &format!("{id}?limit=bad"),
    ] {
        let target = format!("/avalon/songs/{spelling}");
        let answer = ask(&service, "GET", &target);
        assert_eq!(answer.status, 200, "{target}");
        let json = answer.json();
        assert_eq!(json["success"].as_array().unwrap().len(), 1, "{target}");
        for (name, value) in listed.as_object().unwrap() {
            assert_eq!(&json["success"][0][name], value, "{target}: {name}");
        }
        assert_eq!(answer.header(CONTENT_TYPE), Some("application/json"));
        assert_eq!(answer.header(ETAG), first.header(ETAG), "{target}");
        assert_eq!(answer.header(AVALON_TOTAL), None, "{target}");
        let again = ask_unless(&service, "GET", &target, first.header(ETAG));
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{target}");
    }
    let json = first.json();
    assert_eq!(json["success"][0]["disc"], Value::Null);
    assert_eq!(json["success"][0].get("path"), None);
    // A UUID is an endpoint, whether a track has it or not; anything else is none.
    for (method, id, status) in [
        ("GET", "00000000000000000000000000000000", 404),
        ("POST", "00000000000000000000000000000000", 405),
        ("OPTIONS", "00000000000000000000000000000000", 204),
        ("GET", "nonsense", 404),
        ("POST", "nonsense", 404),
        ("OPTIONS", "nonsense", 404),
        ("GET", &format!("{bare}/"), 404),
        ("GET", &format!("/{bare}"), 404),
        ("POST", &bare, 405),
        ("OPTIONS", &bare, 204),
        ("HEAD", &bare, 200),
    ] {
        let target = format!("/avalon/songs/{id}");
        let answer = ask(&service, method, &target);
        assert_eq!(answer.status, status, "{method} {target}");
        if status == 404 {
            assert_eq!(answer.error(), (4, json!({ "path": target })));
        }
    }
}

#[test]
fn until_its_details_are_there_a_song_is_unavailable() {
    let mut sample = Sample::default();
    sample.add(track("Live"));
    let id = sample.rows.tracks[0].id.0;
    let service = loading("/avalon");
    service.publish(App::build(sample.columns()).unwrap());
    let target = format!("/avalon/songs/{id}");
    for has in [None, Some("*")] {
        let answer = ask_unless(&service, "GET", &target, has);
        assert_eq!((answer.status, answer.error()), (503, (2, json!({}))));
        assert_eq!(answer.header(RETRY_AFTER), Some("1"));
        assert_eq!(answer.header(AVALON_GENERATION), Some("0"));
    }
    let unknown = "/avalon/songs/00000000000000000000000000000000";
    assert_eq!(ask(&service, "GET", unknown).status, 404);
    assert_eq!(names(&ask(&service, "GET", "/avalon/songs")), ["Live"]);
    service
        .edition()
        .unwrap()
        .app()
        .complete(Details::default());
    assert_eq!(ask(&service, "GET", &target).status, 200);
}
