// Where engine events go: a file of JSON lines, or the SDK's Events service that the Automation API listens with.
import { createWriteStream } from "node:fs";
import grpc from "@grpc/grpc-js";
import eventsRpc from "@pulumi/pulumi/proto/events_grpc_pb.js";
import eventsProto from "@pulumi/pulumi/proto/events_pb.js";
import { CLIENT_OPTIONS } from "./channel.ts";
import type { Emitted, EventSink } from "./events.ts";

/** Opens what `--event-log` names: `tcp://host:port`, or a file, which is emptied. */
export function openEventLog(place: string): EventSink {
  return place.startsWith("tcp://") ? eventService(place.slice("tcp://".length)) : eventFile(place);
}

/** One JSON document a line. A file that cannot be written is told of when the sink is closed. */
export function eventFile(path: string): EventSink {
  const file = createWriteStream(path, { flags: "w", mode: 0o600 });
  const failed = new Promise<never>((_, reject) => {
    file.on("error", (error) => reject(new Error(`cannot write the event log "${path}": ${error.message}`)));
  });
  failed.catch(() => {});
  return {
    write: ({ event }) => void file.write(`${JSON.stringify(event)}\n`),
    close() {
      const ended = Promise.withResolvers<void>();
      // Called with the error, too, when the file failed.
      file.end((error?: Error | null) => {
        if (!error) ended.resolve();
      });
      return Promise.race([ended.promise, failed]);
    },
  };
}

/**
 * Streams events to a listener. One that has gone away does not fail the operation: what happened is in the state.
 */
export function eventService(address: string): EventSink {
  const client = new eventsRpc.EventsClient(address, grpc.credentials.createInsecure(), CLIENT_OPTIONS);
  const answered = Promise.withResolvers<void>();
  const stream = client.streamEvents(() => answered.resolve());
  return {
    write({ event }: Emitted) {
      stream.write(new eventsProto.EventRequest().setEvent(`${JSON.stringify(event)}\n`));
    },
    async close() {
      stream.end();
      await answered.promise;
      client.close();
    },
  };
}
