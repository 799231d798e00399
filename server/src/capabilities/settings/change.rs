//! GetServiceSetting, UpdateServiceSetting, ResetServiceSetting.

use pilothouse_api::Fault;
use pilothouse_api::settings::{
    GetServiceSetting, GetServiceSettingResult, ResetServiceSetting, ResetServiceSettingResult,
    ServiceSetting, UpdateServiceSetting, UpdateServiceSettingResult,
};
use pilothouse_api::timestamp::Timestamp;
use pilothouse_store::settings::{self, SettingRecord};

use super::known::{self, Known};
use crate::capabilities::parameter_events::author;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

fn arn_prefix(cx: &Cx<'_>) -> String {
    format!("arn:aws:ssm:{}:{}:servicesetting", cx.region(), cx.account_id)
}

fn find(cx: &Cx<'_>, named: &str) -> Result<&'static Known, Fault> {
    known::find(named, &arn_prefix(cx))
}

/// A setting as it is.
async fn told(cx: &mut Cx<'_>, known: &Known) -> Result<ServiceSetting, Fault> {
    let region = cx.region().to_owned();
    let set = settings::get(cx.tx, &region, known.id).await.map_err(store_fault)?;
    let status = if set.is_some() { "Customized" } else { "Default" };
    let (value, at, by) = match set {
        Some(it) => (it.value, it.modified_at.into(), Some(it.modified_by)),
        None => (known.preset.to_owned(), Timestamp::default(), None),
    };
    Ok(ServiceSetting {
        setting_id: known.id.to_owned(),
        setting_value: value,
        last_modified_date: at,
        last_modified_user: by,
        arn: format!("{}{}", arn_prefix(cx), known.id),
        status: status.to_owned(),
    })
}

impl Run for GetServiceSetting {
    const GUARD: Guard = Guard::Account;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GetServiceSettingResult, Fault> {
        let known = find(cx, &self.setting_id)?;
        Ok(GetServiceSettingResult { service_setting: told(cx, known).await? })
    }
}

impl Run for UpdateServiceSetting {
    const GUARD: Guard = Guard::Account;

    async fn run(self, cx: &mut Cx<'_>) -> Result<UpdateServiceSettingResult, Fault> {
        let known = find(cx, &self.setting_id)?;
        if !known.values.contains(&self.setting_value.as_str()) {
            let message = format!("{} can be one of {}", known.id, known.values.join(", "));
            return Err(Fault::validation(message));
        }
        let record = SettingRecord {
            region: cx.region().to_owned(),
            id: known.id.to_owned(),
            value: self.setting_value,
            modified_at: cx.now,
            modified_by: author(cx),
        };
        settings::set(cx.tx, &record).await.map_err(store_fault)?;
        Ok(UpdateServiceSettingResult {})
    }
}

impl Run for ResetServiceSetting {
    const GUARD: Guard = Guard::Account;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ResetServiceSettingResult, Fault> {
        let known = find(cx, &self.setting_id)?;
        let region = cx.region().to_owned();
        settings::reset(cx.tx, &region, known.id).await.map_err(store_fault)?;
        Ok(ResetServiceSettingResult { service_setting: told(cx, known).await? })
    }
}
