//! Settings of a region.

use pilothouse_protocol::Millis;
use pilothouse_store::settings::{self, SettingRecord};

use crate::fixtures::{ELSEWHERE, HOSTILE, REGION};
use crate::place::{Place, stories};

stories! {
    a_setting_is_set_over_and_reset_in_its_region
}

async fn a_setting_is_set_over_and_reset_in_its_region(place: Place) {
    let record = |region: &str, value: &str, at| SettingRecord {
        region: region.to_owned(),
        id: "/ssm/some/setting".to_owned(),
        value: value.to_owned(),
        modified_at: Millis(at),
        modified_by: HOSTILE.to_owned(),
    };
    let get = async |region: &str| {
        settings::get(&mut place.read().await, region, "/ssm/some/setting").await.unwrap()
    };
    assert_eq!(get(REGION).await, None);
    for it in [record(REGION, "one", 1), record(ELSEWHERE, HOSTILE, 2), record(REGION, "two", 3)] {
        place.write(async |tx| settings::set(tx, &it).await).await;
    }
    assert_eq!(get(REGION).await, Some(record(REGION, "two", 3)));
    place.write(async |tx| settings::reset(tx, REGION, "/ssm/some/setting").await).await;
    assert_eq!((get(REGION).await, get(ELSEWHERE).await), (None, Some(record(ELSEWHERE, HOSTILE, 2))));
}
