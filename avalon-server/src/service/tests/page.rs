//! The documents as they are served, and the page that shows them.

use super::documents::{described, operations, parameters, searching};
use super::*;

#[test]
fn documents_have_tags_and_the_page_may_load_nothing() {
    let service = searching("/avalon");
    for target in ["/avalon/openapi.json", "/avalon/docs"] {
        let answer = ask(&service, "GET", target);
        let tag = answer.header(ETAG).unwrap();
        assert_eq!(
            ask(&service, "GET", target).header(ETAG),
            Some(tag),
            "{target}"
        );
        let other = serving("/other");
        let other = ask(&other, "GET", &target.replace("avalon", "other"));
        assert_ne!(other.header(ETAG), Some(tag), "{target}");
        let again = ask_unless(&service, "GET", target, Some(tag));
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{target}");
        assert_eq!(again.header(ETAG), Some(tag), "{target}");
    }
    let page = ask(&service, "GET", "/avalon/docs");
    assert_eq!(page.header(CONTENT_TYPE), Some("text/html; charset=utf-8"));
    let policy = page.header(hyper::header::CONTENT_SECURITY_POLICY).unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src "),
        "{policy}"
    );
    assert!(
        !policy.contains("http") && !policy.contains("script"),
        "{policy}"
    );
    for loading in [
        "<script",
        "<link",
        "<img",
        "<iframe",
        "src=",
        "url(",
        "@import",
        "href=\"http",
        "onclick",
    ] {
        assert!(!page.body.contains(loading), "{loading}");
    }
}

#[test]
fn the_page_has_every_parameter_and_error_and_is_well_formed() {
    let service = searching("/avalon");
    let page = ask(&service, "GET", "/avalon/docs").body;
    for (path, operation) in operations(&described(&service)) {
        let (_, section) = page
            .split_once(&format!("<code>GET /avalon{path}</code>"))
            .unwrap();
        let (section, _) = section.split_once("<h2").unwrap();
        for (name, _) in parameters(operation) {
            assert!(
                section.contains(&format!("<td><code>{name}</code></td>")),
                "{path} {name}"
            );
        }
        let example = format!(
            "curl &#39;http://localhost:8000/avalon{}",
            path.split('{').next().unwrap()
        );
        assert!(section.contains(&example), "{path}");
    }
    for (code, key, status) in crate::api::codes() {
        let row = format!("<td>{code}</td><td><code>{key}</code></td><td>{status}</td>");
        assert!(page.contains(&row), "{row}");
    }
    // Every tag is closed in its order, and every link leads somewhere.
    let mut open = Vec::new();
    for tag in page
        .split('<')
        .skip(1)
        .map(|rest| rest.split_once('>').unwrap().0)
    {
        let name = tag.split(' ').next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{tag}"),
            None if matches!(name, "!DOCTYPE" | "meta") => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    let links = page
        .split("href=\"#")
        .skip(1)
        .map(|rest| rest.split_once('"').unwrap().0);
    assert!(links.clone().count() > 10);
    for link in links {
        assert!(page.contains(&format!("id=\"{link}\"")), "{link}");
    }
}

#[test]
fn what_the_page_is_made_of_is_escaped() {
    let page = crate::api::docs("/a'<b>&\"c");
    assert!(page.contains("GET /a%27%3Cb%3E%26%22c/songs"), "{page}");
    assert!(!page.contains("<b>"));
}
