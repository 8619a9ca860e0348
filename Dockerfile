# syntax=docker/dockerfile:1
FROM node:22-alpine AS pages
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build

FROM golang:1.26-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
COPY --from=pages /src/frontend/out frontend/out
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/ ./cmd/api ./cmd/worker ./cmd/scheduler ./cmd/frontend ./cmd/tickerctl

FROM alpine:3.21
RUN apk add --no-cache ca-certificates && adduser -D -u 10001 tickerwire
COPY --from=build /out/ /usr/local/bin/
USER tickerwire
# The role is the command: api, worker, scheduler, frontend, or tickerctl for an operator's errand.
CMD ["api"]
