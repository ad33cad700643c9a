//! What the app gets of a request with a token in each place: whole target, and whether the token is still there.

use meshc::judge::{Judge, Setup, Version};

use crate::common::places;
use crate::setup;

#[test]
fn the_app_gets_what_is_left_of_target_and_token() {
    places::ask(|access, cases| {
        let setup = Setup { envoy: setup::envoy(), keyring: setup::keyring(), longest_list: 200 };
        let _alone = setup::alone();
        let mut judge = Judge::start(access, &setup).unwrap();
        for case in cases {
            let request = &case.request;
            let answer = judge.ask(request, Version::Http1, 0).unwrap();
            match case.target {
                None => assert_eq!((answer.status, &answer.target), (503, &None), "{request:?}"),
                Some(target) => {
                    places::assert_nothing_is_added(request, answer.headers.keys().map(String::as_str));
                    let came = answer.target.as_deref().unwrap_or_else(|| panic!("{} to {request:?}", answer.status));
                    let same = if target.ends_with('=') { came.starts_with(target) } else { came == target };
                    assert!(same, "the app saw {came} of {request:?}");
                    if let Some(header) = places::header(request) {
                        assert_eq!(answer.headers.contains_key(&header), case.kept, "{header} of {request:?}");
                    }
                }
            }
            // And that is what is decided.
            let difference = judge.judge(request, Version::Http1, 0).unwrap();
            assert!(difference.is_none(), "{}", difference.unwrap());
        }
    });
}
