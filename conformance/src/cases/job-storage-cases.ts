import type { ConformanceCase } from "../conformance-case.ts";
import { claimOrderCases } from "./claim-order.ts";
import { claimRepeatCases } from "./claim-repeat.ts";
import { claimCases } from "./claim.ts";
import { complexityCases } from "./complexity.ts";
import { concurrencyCases } from "./concurrency.ts";
import { controlCases } from "./control.ts";
import { crashCases } from "./crash.ts";
import { deleteProcessingCases } from "./delete-processing.ts";
import { deleteCases } from "./delete.ts";
import { discardCases } from "./discard.ts";
import { dueExchangeCases } from "./due-exchange.ts";
import { dueCases } from "./due.ts";
import { enqueueAgainCases } from "./enqueue-again.ts";
import { enqueueCases } from "./enqueue.ts";
import { fenceCases } from "./fence.ts";
import { findOrderCases } from "./find-order.ts";
import { findCases } from "./find.ts";
import { followUpsCases } from "./follow-ups.ts";
import { historyCases } from "./history.ts";
import { lateSettleCases } from "./late-settle.ts";
import { leaseCases } from "./lease.ts";
import { lifecycleCases } from "./lifecycle.ts";
import { metricsCases } from "./metrics.ts";
import { modelCases } from "./model.ts";
import { monitorCases } from "./monitor.ts";
import { namesCases } from "./names.ts";
import { outcomesCases } from "./outcomes.ts";
import { pagingUnderChangeCases } from "./paging-under-change.ts";
import { pagingCases } from "./paging.ts";
import { pauseCases } from "./pause.ts";
import { recoverRaceCases } from "./recover-race.ts";
import { recoverCases } from "./recover.ts";
import { reportsCases } from "./reports.ts";
import { requeueCases } from "./requeue.ts";
import { retentionCases } from "./retention.ts";
import { retryCases } from "./retry.ts";
import { serversCases } from "./servers.ts";
import { settleCases } from "./settle.ts";
import { signalsCases } from "./signals.ts";
import { startCases } from "./start.ts";
import { textsCases } from "./texts.ts";
import { transactionsCases } from "./transactions.ts";
import { transitionRaceCases } from "./transition-race.ts";
import { uniqueReplaceCases } from "./unique-replace.ts";
import { uniqueRequeueCases } from "./unique-requeue.ts";
import { uniqueWindowCases } from "./unique-window.ts";
import { uniqueCases } from "./unique.ts";
import { upkeepCases } from "./upkeep.ts";
import { wakeUpsCases } from "./wake-ups.ts";

/** Every case, in the order in which an adapter is best written: what comes later stands on what comes before. */
export const jobStorageCases: readonly ConformanceCase[] = [
  ...lifecycleCases,
  ...enqueueCases,
  ...enqueueAgainCases,
  ...startCases,
  ...claimCases,
  ...claimOrderCases,
  ...settleCases,
  ...fenceCases,
  ...lateSettleCases,
  ...claimRepeatCases,
  ...retryCases,
  ...dueCases,
  ...dueExchangeCases,
  ...uniqueCases,
  ...uniqueReplaceCases,
  ...uniqueWindowCases,
  ...uniqueRequeueCases,
  ...leaseCases,
  ...signalsCases,
  ...recoverCases,
  ...recoverRaceCases,
  ...crashCases,
  ...deleteCases,
  ...deleteProcessingCases,
  ...requeueCases,
  ...controlCases,
  ...pauseCases,
  ...discardCases,
  ...outcomesCases,
  ...retentionCases,
  ...upkeepCases,
  ...monitorCases,
  ...findCases,
  ...findOrderCases,
  ...pagingCases,
  ...pagingUnderChangeCases,
  ...serversCases,
  ...reportsCases,
  ...metricsCases,
  ...wakeUpsCases,
  ...followUpsCases,
  ...transactionsCases,
  ...textsCases,
  ...namesCases,
  ...concurrencyCases,
  ...transitionRaceCases,
  ...historyCases,
  ...modelCases,
  ...complexityCases,
];
