//! Numbers for Prometheus. The recorder is installed once per process; everything else uses the `metrics` macros.
//! Labels come from closed lists only, never from a person, an id or a path as it was asked for.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds in seconds, for every metric whose name ends in `_seconds`.
const SECONDS: [f64; 11] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 120.0];

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Installs the recorder, at the first call only.
pub fn install() {
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .expect("the list of bounds is not empty")
            .build_recorder();
        let handle = recorder.handle();
        // Err means that something else records in this process; then this handle stays empty.
        let _ = metrics::set_global_recorder(recorder);
        describe();
        handle
    });
}

/// All metrics in Prometheus' text format; empty before [`install`].
pub fn render() -> String {
    let Some(handle) = HANDLE.get() else {
        return String::new();
    };
    handle.run_upkeep();
    handle.render()
}

fn describe() {
    metrics::describe_counter!(
        "onrecord_http_requests_total",
        "Answered requests by method, route and status."
    );
    metrics::describe_histogram!(
        "onrecord_http_request_seconds",
        "Time until the answer's head was ready, by route."
    );
    metrics::describe_counter!(
        "onrecord_graph_throttled_total",
        "Times Microsoft asked to wait, by service; calls inside a batch count each."
    );
    metrics::describe_counter!(
        "onrecord_notifications_total",
        "Items that were posted as news, by whether they were believed."
    );
    metrics::gauge!("onrecord_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}
