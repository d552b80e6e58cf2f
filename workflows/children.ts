/** Starting children so that neither a predecessor nor a cancellation gets in between. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { CancellationScope, getExternalWorkflowHandle, sleep } from '@temporalio/workflow';
import type { ChildWorkflowHandle, Workflow } from '@temporalio/workflow';

const MOST_TRIES = 10;

/**
 * Starts a child.
 *
 * It waits a little where one of the same id is still there: when a sweep's workflow was terminated and the sweep is
 * started again at once, the server has yet to end the children of the first.
 *
 * A cancellation that comes between the command that starts a child and the event that it has started is lost by the
 * SDK (1.24): the child goes on and its parent waits for it for ever. So such a child is cancelled here.
 * @throws WorkflowExecutionAlreadyStartedError when the predecessor stays
 * @throws CancelledFailure when it was cancelled before it began
 */
export async function startCancellable<W extends Workflow>(
  start: () => Promise<ChildWorkflowHandle<W>>,
): Promise<ChildWorkflowHandle<W>> {
  const handle = await whenFree(start);
  if (CancellationScope.current().consideredCancelled) {
    const child = getExternalWorkflowHandle(handle.workflowId);
    // One that has ended meanwhile needs no cancelling.
    await CancellationScope.nonCancellable(() => child.cancel().catch(() => undefined));
  }
  return handle;
}

async function whenFree<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || tries === MOST_TRIES) throw error;
      await sleep('1 second');
    }
  }
}
