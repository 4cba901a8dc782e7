// What commands let through the compiler, what they refuse, and what is inferred.
// oxlint-disable typescript/no-unnecessary-type-parameters -- the comparison of types needs parameters that stand once
import {
  Command,
  DeleteJobCommand,
  EnqueueJobCommand,
  ExecuteCommandJob,
  Job,
  RevoConfiguration,
  ScheduleJobCommand,
  type ICommand,
  type ICommandBus,
  type ICommandHandler,
  type IJob,
  type IJobScheduler,
  type JobHandle,
} from "@revojs/core";

type Equal<Left, Right> =
  (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false;
function assertType<_T extends true>(): void {}

class CapturePayment extends Command<{ receipt: string }> {
  static readonly type = "capture-payment";
  readonly orderId: string;
  constructor(orderId: string) {
    super();
    this.orderId = orderId;
  }
}

class ArchiveOrder implements ICommand {
  static readonly type = "archive-order";
  readonly orderId = "1";
}

class Nameless extends Command {
  readonly orderId = "1";
}

class SendWelcome implements IJob {
  static readonly type = "send-welcome";
  readonly userId = "1";
}

class ResizeImage extends Job<{ width: number }> {
  static readonly type = "resize-image";
}

class CapturePaymentHandler implements ICommandHandler<CapturePayment> {
  async handle(command: CapturePayment): Promise<{ receipt: string }> {
    return { receipt: command.orderId };
  }
}

class ForgetfulHandler {
  async handle(_command: CapturePayment): Promise<void> {}
}

declare const bus: ICommandBus;
declare const scheduler: IJobScheduler;

export async function results(): Promise<void> {
  const { receipt } = await bus.send(new CapturePayment("42"));
  assertType<Equal<typeof receipt, string>>();
  const archived = await bus.send(new ArchiveOrder(), { headers: { tenant: "acme" } });
  assertType<Equal<typeof archived, void>>();
  const ids = [
    await bus.send(new EnqueueJobCommand(new CapturePayment("42"), { delay: "5 min", key: "a" })),
    await bus.send(new EnqueueJobCommand(new ArchiveOrder())),
    await bus.send(new EnqueueJobCommand(new SendWelcome())),
    await bus.send(new EnqueueJobCommand(new ResizeImage())),
    await bus.send(new ScheduleJobCommand(new CapturePayment("42"), new Date())),
  ];
  assertType<Equal<(typeof ids)[number], string>>();
  const deleted = await bus.send(new DeleteJobCommand({ key: "a" }));
  assertType<Equal<typeof deleted, boolean>>();
  const handle = await scheduler.enqueueJob(new ExecuteCommandJob(new CapturePayment("42")));
  assertType<Equal<typeof handle, JobHandle<{ receipt: string }>>>();
  const nothing = await scheduler.enqueueJob(new ExecuteCommandJob(new ArchiveOrder()));
  assertType<Equal<typeof nothing, JobHandle<void>>>();
}

export async function refused(): Promise<void> {
  // @ts-expect-error -- a text is no command
  await bus.send("capture-payment");
  // @ts-expect-error -- a text is no command
  void new EnqueueJobCommand("x");
  // @ts-expect-error -- a class is no command
  void new EnqueueJobCommand(CapturePayment);
  // @ts-expect-error -- no such option
  void new EnqueueJobCommand(new CapturePayment("42"), { dealy: 5 });
  // @ts-expect-error -- a command's job joins no caller's transaction
  void new EnqueueJobCommand(new CapturePayment("42"), { transaction: {} });
  // @ts-expect-error -- the time is an argument
  void new ScheduleJobCommand(new CapturePayment("42"), new Date(), { delay: 5 });
  // @ts-expect-error -- a time is needed
  void new ScheduleJobCommand(new CapturePayment("42"));
}

new RevoConfiguration().useCommands((commands) => {
  commands.handle(CapturePayment, CapturePaymentHandler);
  commands.handle(CapturePayment, new CapturePaymentHandler());
  commands.handle(CapturePayment, async (command, context) => {
    assertType<Equal<typeof command, CapturePayment>>();
    context.log.info(command.orderId);
    return { receipt: "r" };
  });
  commands.handle(ArchiveOrder, async () => {});
  // @ts-expect-error -- the handler returns nothing
  commands.handle(CapturePayment, ForgetfulHandler);
  // @ts-expect-error -- the handler is another command's
  commands.handle(ArchiveOrder, (command: CapturePayment) => void command.orderId);
  // @ts-expect-error -- a class without a static type
  commands.handle(Nameless, async () => {});
});
