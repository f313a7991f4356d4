# A static binary on an empty image. docker build -t jackdaw . && docker run -p 9092:9092 -v jackdaw:/data jackdaw
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /broker ./cmd/broker && mkdir /data

FROM scratch
COPY --from=build /broker /broker
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
EXPOSE 9092
# Clients outside need an address that they can reach: set JACKDAW_ADVERTISED_LISTENERS, or KAFKA_ADVERTISED_LISTENERS.
ENV JACKDAW_LOG_DIRS=/data \
    JACKDAW_LISTENERS=PLAINTEXT://:9092 \
    JACKDAW_ADVERTISED_LISTENERS=PLAINTEXT://localhost:9092
ENTRYPOINT ["/broker"]
CMD ["run"]
