//! Service settings told as stories, through the true door.

use pilothouse_api::parameters::PutParameter;
use pilothouse_api::settings::{
    DEFAULT_PARAMETER_TIER, GetServiceSetting, ResetServiceSetting, ServiceSetting, UpdateServiceSetting,
};

use crate::rig::Rig;

async fn get(rig: &Rig) -> ServiceSetting {
    rig.root(GetServiceSetting { setting_id: DEFAULT_PARAMETER_TIER.into() }).await.unwrap().service_setting
}

async fn tier(rig: &Rig, name: &str, bytes: usize) -> String {
    let put = PutParameter {
        name: name.into(),
        value: "x".repeat(bytes),
        r#type: Some("String".into()),
        ..PutParameter::default()
    };
    rig.root(put).await.map_or_else(|fault| fault.code.into_owned(), |it| it.tier)
}

#[tokio::test]
async fn the_default_tier_is_what_parameters_get_that_ask_for_none() {
    let rig = Rig::new().await;
    let fresh = get(&rig).await;
    assert_eq!((fresh.setting_value.as_str(), fresh.status.as_str()), ("Standard", "Default"));
    assert_eq!(fresh.last_modified_user, None);
    assert_eq!(tier(&rig, "/a", 5000).await, "ValidationException");
    for (value, small, large) in
        [("Intelligent-Tiering", "Standard", "Advanced"), ("Advanced", "Advanced", "Advanced")]
    {
        let (setting_id, setting_value) = (fresh.arn.clone(), value.to_owned());
        rig.root(UpdateServiceSetting { setting_id, setting_value }).await.unwrap();
        let set = get(&rig).await;
        assert_eq!((set.setting_value.as_str(), set.status.as_str()), (value, "Customized"));
        assert_eq!(set.last_modified_user.as_deref(), Some("arn:aws:iam::000000000000:root"));
        assert_eq!(tier(&rig, &format!("/{value}/small"), 1).await, small);
        assert_eq!(tier(&rig, &format!("/{value}/large"), 5000).await, large);
    }
    let wrong =
        UpdateServiceSetting { setting_id: fresh.setting_id.clone(), setting_value: "standard".into() };
    assert_eq!(rig.root(wrong).await.unwrap_err().code, "ValidationException");
    let reset = rig.root(ResetServiceSetting { setting_id: fresh.setting_id.clone() }).await.unwrap();
    assert_eq!((reset.service_setting, get(&rig).await), (fresh.clone(), fresh));
    assert_eq!(tier(&rig, "/b", 1).await, "Standard");
}

#[tokio::test]
async fn a_setting_is_changed_only_by_whoever_may() {
    let rig = Rig::new().await;
    let looks = r#"permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:GetServiceSetting", resource);"#;
    let ann = rig.user("ann", looks).await;
    let setting_id = String::from(DEFAULT_PARAMETER_TIER);
    rig.perform(ann.clone(), GetServiceSetting { setting_id: setting_id.clone() }).await.unwrap();
    let update = UpdateServiceSetting { setting_id, setting_value: "Advanced".into() };
    assert_eq!(rig.perform(ann, update).await.unwrap_err().code, "AccessDeniedException");
    assert_eq!(get(&rig).await.setting_value, "Standard");
}
