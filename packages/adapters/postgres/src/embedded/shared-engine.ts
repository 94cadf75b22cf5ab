import { AsyncLocalStorage } from "node:async_hooks";
import { resolve } from "node:path";
import { type Clock, type Logger, ParleyError } from "@parley/core";
import { createNotifications, type Notifications } from "../notifications.ts";
import { createTurns, type Turns } from "../turns.ts";
import { openDataFolder } from "./data-folder.ts";
import { emptyDatabase } from "./empty-database.ts";
import { type Engine, startEngine } from "./engine.ts";
import type { HeldEngine } from "./turn-waits.ts";
import { unpackTar } from "./unpack-tar.ts";

/** Asks for a database that vanishes with its process, instead of a folder. */
export const IN_MEMORY = "memory:";

/** Follows the work that has the turn, so that work which waits for itself is found out at once. */
export interface Turn {
  holds: boolean;
}

/** One running engine and what everybody who uses it shares. */
interface RunningEngine {
  readonly engine: Engine;
  readonly held: HeldEngine;
  readonly turns: Turns;
  readonly turn: AsyncLocalStorage<Turn>;
  readonly notifications: Notifications;
}

export interface SharedEngine extends RunningEngine {
  /** Ends this user's share; the last one to leave stops the engine. Idempotent. */
  leave(): Promise<void>;
}

/** Those of whoever is the first to open a folder hold for all. */
interface EngineOptions {
  readonly logger: Logger;
  readonly clock: Clock;
}

interface Folder {
  users: number;
  readonly opening: Promise<RunningEngine & { stop(): Promise<void> }>;
  stopping?: Promise<void>;
}

/**
 * The folders that are open in this process. State of the module, because a folder is: it can be open once only,
 * whichever services in the process ask for it.
 */
const folders = new Map<string, Folder>();

/** Joins the engine of a folder, starting it for the first one who asks. In memory, each has one of its own. */
export async function joinEngine(dataDir: string, options: EngineOptions): Promise<SharedEngine> {
  if (dataDir === IN_MEMORY) return join({ users: 0, opening: open(undefined, options) }, () => {});
  const path = resolve(dataDir);
  for (;;) {
    const folder = folders.get(path) ?? { users: 0, opening: open(path, options) };
    folders.set(path, folder);
    if (!folder.stopping) return join(folder, () => folders.get(path) === folder && folders.delete(path));
    await folder.stopping.catch(() => {}); // whoever stopped it is told of a failure
  }
}

async function join(folder: Folder, forget: () => void): Promise<SharedEngine> {
  folder.users += 1;
  try {
    const { engine, held, turns, turn, notifications, stop } = await folder.opening;
    let left: Promise<void> | undefined;
    const leave = async (): Promise<void> => {
      folder.users -= 1;
      if (folder.users > 0) return;
      folder.stopping = stop().finally(forget);
      await folder.stopping;
    };
    return {
      engine,
      held,
      turns,
      turn,
      notifications,
      leave() {
        left ??= leave();
        return left;
      },
    };
  } catch (error) {
    forget();
    throw error;
  }
}

async function open(path: string | undefined, { logger, clock }: EngineOptions): Folder["opening"] {
  const folder = path === undefined ? undefined : await openDataFolder(path);
  try {
    await folder?.initialise(async (place) => unpackTar(await emptyDatabase({ logger }), place));
    const files = folder ? { path: folder.databasePath } : { tar: await emptyDatabase({ logger }) };
    const engine = await startEngine(files, clock);
    // Bounded by the number of databases, because each sends one at a time.
    const what = "the one connection of the embedded database";
    const turns = createTurns({ count: 1, maxWaiting: Number.POSITIVE_INFINITY, what, clock });
    const notifications = createNotifications(logger);
    engine.onNotification(notifications.tell);
    const stop = async (): Promise<void> => {
      try {
        await engine.close();
      } finally {
        folder?.unlock();
      }
    };
    return { engine, held: { holder: undefined }, turns, turn: new AsyncLocalStorage<Turn>(), notifications, stop };
  } catch (cause) {
    folder?.unlock();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ParleyError("INTERNAL", `the embedded database ${path ?? "in memory"} does not start: ${why}`, { cause });
  }
}
