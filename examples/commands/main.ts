// Commands that become jobs, for whoever knows them from Revo for .NET.
import {
  Command,
  type CommandContext,
  DeleteJobCommand,
  EnqueueJobCommand,
  ExecuteCommandJob,
  type ICommand,
  type ICommandHandler,
  type IJob,
  RevoConfiguration,
  ScheduleJobCommand,
} from "@revojs/core";
import { MemoryJobStorage } from "@revojs/memory";

// A command that answers something extends `Command`; its handler must answer that.
class CapturePayment extends Command<string> {
  static readonly type = "capture-payment";
  readonly orderId: string;

  constructor(orderId: string) {
    super();
    this.orderId = orderId;
  }
}

class CapturePaymentHandler implements ICommandHandler<CapturePayment> {
  async handle({ orderId }: CapturePayment, { job }: CommandContext): Promise<string> {
    console.log(
      `  capturing ${orderId} ${job === undefined ? "directly" : `in a ${job.type} job`}`,
    );
    return `receipt-${orderId}`;
  }
}

class CloseAccount implements ICommand {
  static readonly type = "close-account";
  readonly userId: string;

  constructor(userId: string) {
    this.userId = userId;
  }
}

class SendReminder implements IJob {
  static readonly type = "send-reminder";
  readonly orderId: string;

  constructor(orderId: string) {
    this.orderId = orderId;
  }
}

const revo = await new RevoConfiguration()
  .useCommands((commands) =>
    commands
      .handle(CapturePayment, CapturePaymentHandler, { maxAttempts: 3 })
      .handle(CloseAccount, ({ userId }) => console.log(`  closing ${userId}`)),
  )
  .useJobs(
    () => new MemoryJobStorage(),
    (jobs) => jobs.handle(SendReminder, ({ orderId }) => console.log(`  reminding ${orderId}`)),
  )
  .start();

console.log("A command is sent to its handler, now:");
const receipt: string = await revo.commands.send(new CapturePayment("order-1"));
console.log(`  answered ${receipt}`);

console.log("A job carries the command out, later or elsewhere, with retries:");
const job = await revo.scheduler.enqueueJob(new ExecuteCommandJob(new CapturePayment("order-2")));
const laterReceipt: string = await job.result();
console.log(`  answered ${laterReceipt}`);

console.log("So it does with one that answers nothing:");
const closing = await revo.scheduler.enqueueJob(new ExecuteCommandJob(new CloseAccount("ada")));
await closing.result();

console.log("A saga produces commands only; a key makes the second delivery harmless:");
const capture = new EnqueueJobCommand(new CapturePayment("order-3"), {
  delay: "1 hour",
  key: "capture/order-3",
});
const firstId: string = await revo.commands.send(capture);
const secondId: string = await revo.commands.send(capture);
const stored = await revo.scheduler.getJob({ key: "capture/order-3" });
console.log(`  the same job both times: ${firstId === secondId}`);
console.log(`  a ${stored?.type} job, ${stored?.state}`);

console.log("A plain job goes in the same way, and can be taken back by its key:");
const tomorrow = new Date(Date.now() + 24 * 3_600_000);
const remind = new ScheduleJobCommand(new SendReminder("order-3"), tomorrow, {
  key: "remind/order-3",
});
const takeBack = new DeleteJobCommand({ key: "remind/order-3" });
await revo.commands.send(remind);
console.log(`  taken back: ${await revo.commands.send(takeBack)}`);
console.log(`  and again: ${await revo.commands.send(takeBack)}`);

await revo.stop();
