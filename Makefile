# The commands of this project. `make demo` and `make test` need nothing but a shell and a package client.
.PHONY: help demo down test histories check fmt lint bench bench-api calibrate charts screenshot docs setup
.DEFAULT_GOAL := help

help: ## lists these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1 \2/p' Makefile | awk '{ c = $$1 " " $$2; $$1 = $$2 = ""; printf "  %-17s%s\n", c, $$0 }'

demo: setup ## starts servers and the service, plays an engine with a year of flights, shows the dashboards
	@scripts/demo

down: ## stops the development servers and removes their data
	@scripts/servers stop
	@rm -rf .run

test: setup ## runs every test, against a real PostgreSQL and a real Kafka that it starts itself
	@scripts/test

histories: ## tells a thousand random histories of each type of dashboard in every order and compares with a plain fold
	@scripts/web
	@DASHLOOM_HISTORIES=$${DASHLOOM_HISTORIES:-1000} cargo test --locked --test golden histories

fmt: ## formats the source
	cargo fmt

lint: ## refuses unformatted source, clippy's warnings and broken documentation links
	cargo fmt --check
	@scripts/web
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked --document-private-items

check: lint ## lint, and licences, unused dependencies, the event contract and the chart where their tools are installed
	@scripts/check

bench: setup ## measures throughput, CPU, WAL, latency and memory of a release build
	@scripts/bench

bench-api: setup ## measures reads beside a load, and live updates to many clients, of a release build
	@scripts/bench api

calibrate: setup ## holds the insights' claims against synthetic dashboards with known truths, writes docs/calibration.md
	@scripts/calibrate

charts: ## draws every chart of every golden case as PNG into target/reports/charts, makes every case a file of every format
	@scripts/web
	@cargo test --locked --test golden -- --ignored --nocapture every_chart_is_drawn_as_a_picture every_case_becomes_every_format

screenshot: setup ## photographs the page with a year of flights for the README
	@scripts/screenshot

docs: ## writes the generated references again
	@scripts/docs

setup:
	@scripts/setup
