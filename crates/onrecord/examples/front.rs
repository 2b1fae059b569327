//! Serves the style guide alone: `cargo run --example front -- 127.0.0.1:8090`. For drawing pages without a database.

use axum::{Router, middleware, response::Response};
use onrecord::web::{assets, headers, styleguide};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8090".to_owned());
    let app: Router = Router::new().merge(assets::router()).merge(styleguide::router()).layer(
        middleware::map_response(async |mut response: Response| {
            headers::secure(response.headers_mut());
            response
        }),
    );
    axum::serve(tokio::net::TcpListener::bind(address).await?, app).await?;
    Ok(())
}
