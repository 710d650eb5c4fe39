//! Two Swift clients and one in TypeScript against the real server: offline and back, killed, with a server that is killed
//! too. In the end all of them hold the same.

use std::{
    path::PathBuf,
    thread::sleep,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use super::{PACKAGE, Toolchain, dice::Dice, example, peer::Peer, server::Server};
use crate::run::{Outcome, npm_ci, program, root, step};

const TYPESCRIPT: &str = "emitters/typescript/check";
const TENANT: &str = "converge";
const ROUNDS: usize = 4;
/// How many changes a peer makes in a round.
const CHANGES: usize = 40;

/// Runs it once, by a seed that is printed.
pub(super) fn run(swift: &Toolchain) -> Outcome {
    typescript_client()?;
    let seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1, |now| now.as_nanos() as u64);
    eprintln!("\n── two Swift clients and one in TypeScript, seed {seed}");
    let start = Instant::now();
    let mut trial = Trial::new(swift, seed)?;
    trial
        .play()
        .map_err(|error| format!("{error} (seed {seed})"))?;
    eprintln!("── all three hold the same: ok, {:.0?}", start.elapsed());
    Ok(())
}

/// Writes the TypeScript client and gets what runs it.
pub(crate) fn typescript_client() -> Outcome {
    npm_ci(TYPESCRIPT)?;
    let generated = root().join(TYPESCRIPT).join("generated/fixtures/src");
    step(
        "generating the TypeScript client",
        example("emit").args(["ts", "fixtures"]).arg(generated),
    )
}

/// One run.
struct Trial<'a> {
    swift: &'a Toolchain,
    dice: Dice,
    server: Server,
    peers: Vec<Peer>,
    /// Where the Swift clients keep their stores, seen from their package.
    folder: PathBuf,
    orders: Vec<String>,
    boards: Vec<String>,
    contacts: Vec<String>,
    /// How many of each tip were accepted by a peer: none of them may get lost.
    tips: i64,
}

impl<'a> Trial<'a> {
    fn new(swift: &'a Toolchain, seed: u64) -> Outcome<Self> {
        let folder = PathBuf::from(format!(".build/converge-{}", std::process::id()));
        let path = root().join(PACKAGE).join(&folder);
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut trial = Self {
            swift,
            dice: Dice::new(seed),
            server: Server::start()?,
            peers: Vec::new(),
            folder,
            orders: Vec::new(),
            boards: Vec::new(),
            contacts: Vec::new(),
            tips: 0,
        };
        for name in ["anna", "bert", "clara"] {
            let peer = trial.peer(name)?;
            trial.peers.push(peer);
        }
        Ok(trial)
    }

    /// A peer, with what it has kept.
    fn peer(&self, name: &'static str) -> Outcome<Peer> {
        let address = format!("{}/api/v1", self.server.address);
        let token = format!("dev:{TENANT}:{name}:owner");
        if name == "clara" {
            let mut command = program("node", TYPESCRIPT);
            command.args(["--import", "tsx", "test/peer.ts", &address, &token, TENANT]);
            return Peer::start(name, &mut command);
        }
        let store = self.folder.join(format!("{name}.sqlite"));
        let store = store.to_string_lossy();
        let words = [".build/debug/sync-peer", &address, &token, &store];
        Peer::start(name, &mut self.swift.command(PACKAGE, &words))
    }

    fn play(&mut self) -> Outcome {
        // All begin with the same few, so that they work on the same ones.
        for _ in 0..4 {
            self.create(0, "order")?;
            self.create(2, "board")?;
            self.create(1, "contact")?;
        }
        self.agree()?;
        for round in 0..ROUNDS {
            for peer in &mut self.peers {
                peer.network(false)?;
            }
            for _ in 0..CHANGES {
                for at in 0..self.peers.len() {
                    self.change(at)?;
                }
            }
            // Between append and send: what it has said is saved was never sent.
            self.kill(round % 2)?;
            if round == 2 {
                // The server is away while they come back, and longer than a first wait.
                self.server.kill();
            }
            for peer in &mut self.peers {
                peer.network(true)?;
            }
            if round == 2 {
                sleep(Duration::from_secs(4));
                self.server.restart()?;
            }
            for _ in 0..CHANGES / 4 {
                for at in 0..self.peers.len() {
                    self.change(at)?;
                }
            }
            // In the midst of sending, too.
            self.kill((round + 1) % 2)?;
            if round == 3 {
                self.server.kill();
                self.server.restart()?;
            }
            self.agree()?;
        }
        Ok(())
    }

    /// Kills a Swift client and starts it again with the store that it leaves.
    fn kill(&mut self, at: usize) -> Outcome {
        self.peers[at].kill();
        self.peers[at] = self.peer(self.peers[at].name)?;
        Ok(())
    }

    fn record(
        &mut self,
        at: usize,
        entity: &str,
        id: &str,
        name: &str,
        payload: &Value,
    ) -> Outcome<String> {
        self.peers[at].tell(&json!({
            "do": "record", "entity": entity, "id": id, "name": name, "payload": payload,
        }))
    }

    fn create(&mut self, at: usize, entity: &'static str) -> Outcome {
        let id = self.dice.uuid();
        let payload = match entity {
            "order" => json!({ "table_number": self.dice.below(20) }),
            "board" => json!({ "title": "a board" }),
            _ => json!({ "first_name": "Ada" }),
        };
        self.record(at, entity, &id, "created", &payload)?;
        match entity {
            "order" => self.orders.push(id),
            "board" => self.boards.push(id),
            _ => self.contacts.push(id),
        }
        Ok(())
    }

    /// Something at random on something at random; what is not there yet is refused, and that is all right.
    fn change(&mut self, at: usize) -> Outcome {
        match self.dice.below(4) {
            0 => return self.change_board(at),
            1 => return self.change_contact(at),
            _ => {}
        }
        let id = self.dice.one_of(&self.orders).to_owned();
        let number = self.dice.below(5);
        let item = format!("00000000-0000-4000-8000-00000000000{number}");
        let (name, payload) = match self.dice.below(20) {
            0 => return self.create(at, "order"),
            1..=5 => {
                let said = self.record(at, "order", &id, "tip_added", &json!({ "by": 1 }))?;
                self.tips += i64::from(said == "ok");
                return Ok(());
            }
            6 | 7 => ("guest_joined", json!({ "by": number })),
            8 | 9 => ("note_changed", json!({ "note": format!("note {number}") })),
            10 => ("note_changed", json!({ "note": null })),
            11 | 12 => (
                "item_added",
                json!({ "item": { "id": item, "name": "Cafe\u{301}", "price_cents": number } }),
            ),
            13 => ("item_removed", json!({ "item_id": item })),
            14 | 15 => (
                "item_updated",
                json!({ "item_id": item, "item": { "quantity": number } }),
            ),
            16 => ("updated", json!({ "table_number": number, "note": null })),
            17 => ("state_changed", json!({ "new_status": "sent" })),
            18 => ("state_changed", json!({ "new_status": "paid" })),
            _ => ("updated", json!({ "guests": number + 1 })),
        };
        self.record(at, "order", &id, name, &payload).map(drop)
    }

    fn change_board(&mut self, at: usize) -> Outcome {
        let id = self.dice.one_of(&self.boards).to_owned();
        // One in two spellings, which are two labels.
        let label = *self
            .dice
            .one_of(&["caf\u{e9}", "cafe\u{301}", "b", "\u{10000}", "\u{ffff}"]);
        let (name, payload) = match self.dice.below(7) {
            0 => return self.create(at, "board"),
            1 => ("title_changed", json!({ "title": label })),
            2 => ("label_added", json!({ "label": label })),
            3 => ("label_removed", json!({ "label": label })),
            4 => ("watcher_added", json!({ "watcher": label })),
            5 => ("watcher_removed", json!({ "watcher": label })),
            _ => (
                "moved",
                json!({ "position": f64::from(self.dice.below(1_000)) / 7.0 }),
            ),
        };
        self.record(at, "board", &id, name, &payload).map(drop)
    }

    /// Rows, whose fields two may write at once: whoever comes second gives way.
    fn change_contact(&mut self, at: usize) -> Outcome {
        let id = self.dice.one_of(&self.contacts).to_owned();
        let text = format!("caf\u{e9} {}", self.dice.below(50));
        let (name, payload) = match self.dice.below(12) {
            0 | 1 => return self.create(at, "contact"),
            2..=4 => ("updated", json!({ "first_name": text })),
            5..=7 => ("updated", json!({ "last_name": text })),
            8 => ("updated", json!({ "last_name": null })),
            9 => ("updated", json!({ "credit_limit": "19.90" })),
            10 => (
                "updated",
                json!({ "email": "ada@example.com", "first_name": text }),
            ),
            _ => ("deleted", json!({})),
        };
        self.record(at, "contact", &id, name, &payload).map(drop)
    }

    /// Waits until nobody has anything to send and all hold the same.
    fn agree(&mut self) -> Outcome {
        let until = Instant::now() + Duration::from_secs(90);
        loop {
            let dumps: Vec<Value> = self
                .peers
                .iter_mut()
                .map(|peer| peer.dump().map(without_null_fields))
                .collect::<Outcome<_>>()?;
            let settled = dumps.iter().all(|dump| dump["pending"] == 0);
            let same = |part: &str| dumps.iter().all(|dump| dump[part] == dumps[0][part]);
            if settled && ["order", "board", "contact"].into_iter().all(same) {
                return self.check(&dumps[0]);
            }
            if Instant::now() > until {
                let names = self.peers.iter().map(|peer| peer.name);
                let states: Vec<String> = names
                    .zip(&dumps)
                    .map(|(name, dump)| format!("{name}: {dump}"))
                    .collect();
                return Err(format!("they do not agree:\n{}", states.join("\n")));
            }
            sleep(Duration::from_millis(200));
        }
    }

    /// Nothing that was saved is lost.
    fn check(&self, dump: &Value) -> Outcome {
        let orders = dump["order"].as_object().into_iter().flatten();
        let tips: i64 = orders
            .filter_map(|(_, order)| order["tip_cents"].as_i64())
            .sum();
        if tips != self.tips {
            return Err(format!("{} tips were saved, {tips} are there", self.tips));
        }
        Ok(())
    }
}

/// Swift leaves a field that may be hidden out where it is null, TypeScript writes the null.
fn without_null_fields(mut dump: Value) -> Value {
    for row in dump["contact"].as_object_mut().into_iter().flatten() {
        if let Some(fields) = row.1.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
    }
    dump
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        self.peers.clear();
        // What is left in the package's build folder harms nobody.
        let _ = std::fs::remove_dir_all(root().join(PACKAGE).join(&self.folder));
    }
}
