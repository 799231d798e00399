//! Rows in AWS's shapes.

use pilothouse_api::commands::{
    CloudWatchOutputConfig, Command, CommandInvocation, NotificationConfig, SendCommand,
};
use pilothouse_protocol::InvocationState;
use pilothouse_store::commands::CommandRecord;
use pilothouse_store::invocations::InvocationRecord;
use serde::{Deserialize, Serialize};

use crate::capabilities::rates::Pace;

/// Members of SendCommand that mean nothing here and are given back as they came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Echo {
    pub(super) s3_region: Option<String>,
    pub(super) s3_bucket: String,
    pub(super) s3_prefix: String,
    pub(super) service_role: String,
    pub(super) notification: NotificationConfig,
    pub(super) cloud_watch: CloudWatchOutputConfig,
}

impl Echo {
    /// What is to be echoed of a request.
    pub(super) fn of(request: &SendCommand) -> Self {
        Self {
            s3_region: request.output_s3_region.clone(),
            s3_bucket: request.output_s3_bucket_name.clone().unwrap_or_default(),
            s3_prefix: request.output_s3_key_prefix.clone().unwrap_or_default(),
            service_role: request.service_role_arn.clone().unwrap_or_default(),
            notification: request.notification_config.clone().unwrap_or_default(),
            cloud_watch: request.cloud_watch_output_config.clone().unwrap_or_default(),
        }
    }

    /// What was stored with a command; rows of older versions may lack members.
    pub(super) fn stored(command: &CommandRecord) -> Self {
        serde_json::from_value(command.echo.clone()).unwrap_or_default()
    }
}

/// A command in AWS's shape.
pub(super) fn command(record: &CommandRecord) -> Command {
    let echo = Echo::stored(record);
    let over: u32 = record.counts.iter().filter(|(state, _)| state.is_terminal()).map(|(_, n)| n).sum();
    let undelivered = record.counts.get(&InvocationState::DeliveryTimedOut).copied().unwrap_or(0);
    Command {
        command_id: record.command_id.to_string(),
        document_name: record.document_name.clone(),
        document_version: record.document_version.clone(),
        comment: record.comment.clone(),
        expires_after: record.expires_at.into(),
        parameters: record.parameters.clone(),
        instance_ids: record.instance_ids.clone(),
        targets: record.targets.clone(),
        requested_date_time: record.requested_at.into(),
        status: record.state.status().to_owned(),
        status_details: record.state.as_str().to_owned(),
        output_s3_region: echo.s3_region,
        output_s3_bucket_name: echo.s3_bucket,
        output_s3_key_prefix: echo.s3_prefix,
        max_concurrency: record.max_concurrency.clone(),
        max_errors: record.max_errors.clone(),
        target_count: record.target_count,
        completed_count: i64::from(over),
        error_count: i64::try_from(Pace::of(record).errors).unwrap_or(i64::MAX),
        delivery_timed_out_count: i64::from(undelivered),
        service_role: echo.service_role,
        notification_config: echo.notification,
        cloud_watch_output_config: echo.cloud_watch,
        timeout_seconds: record.timeout_seconds,
    }
}

/// A run in AWS's shape, without its plugins.
pub(super) fn invocation(run: &InvocationRecord, command: &CommandRecord) -> CommandInvocation {
    let echo = Echo::stored(command);
    CommandInvocation {
        command_id: run.command_id.to_string(),
        instance_id: run.instance_id.to_string(),
        instance_name: run.node_name.clone(),
        comment: command.comment.clone(),
        document_name: command.document_name.clone(),
        document_version: command.document_version.clone(),
        requested_date_time: run.requested_at.into(),
        status: run.state.status().to_owned(),
        status_details: run.state.as_str().to_owned(),
        trace_output: run.message.chars().take(2500).collect(),
        service_role: echo.service_role,
        notification_config: echo.notification,
        cloud_watch_output_config: echo.cloud_watch,
        ..CommandInvocation::default()
    }
}
