-- Runs that are not over are few, and found by indexes of their own. All others do not move any index but that of states and revisions when they change
DROP INDEX invocations_open;
DROP INDEX invocations_of_node;
CREATE INDEX invocations_open ON invocations (instance_id) WHERE is_over = 0;
CREATE INDEX invocations_cancelling ON invocations (instance_id) WHERE is_over = 0 AND cancel = 1;
CREATE INDEX invocations_of_node ON invocations (instance_id, requested_at)
