// Makes, lists and deletes members of a Flexible scale set with @azure/arm-compute; prints one line for each step.
import { ComputeManagementClient } from "@azure/arm-compute";

const [url, subscription] = process.argv.slice(2);
const credential = { getToken: async () => ({ token: "any", expiresOnTimestamp: Date.now() + 3_600_000 }) };
const client = new ComputeManagementClient(credential, subscription, { endpoint: url });
const group = "node-rg";
const place = `/subscriptions/${subscription}/resourceGroups/${group}/providers`;
const set = `${place}/Microsoft.Compute/virtualMachineScaleSets/web`;
const location = "westeurope";

function member(zone) {
  const subnet = { id: `${place}/Microsoft.Network/virtualNetworks/web/subnets/web` };
  return {
    location,
    zones: [zone],
    hardwareProfile: { vmSize: "Standard_D2s_v5" },
    storageProfile: {
      imageReference: { publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server", version: "latest" },
      osDisk: { createOption: "FromImage", deleteOption: "Delete" },
    },
    osProfile: { computerName: "web", adminUsername: "azureuser", adminPassword: "Any-Password-1" },
    networkProfile: {
      networkApiVersion: "2020-11-01",
      networkInterfaceConfigurations: [
        { name: "nic", primary: true, deleteOption: "Delete", ipConfigurations: [{ name: "ip", subnet }] },
      ],
    },
    virtualMachineScaleSet: { id: set },
  };
}

async function names() {
  const found = [];
  const filter = `'virtualMachineScaleSet/id' eq '${set}'`;
  for await (const vm of client.virtualMachines.list(group, { filter })) found.push(vm.name);
  return found.sort().join(" ");
}

async function step(title, expected, action) {
  const started = Date.now();
  let found;
  try {
    found = String(await action());
  } catch (error) {
    found = `${error.code ?? error.name}: ${error.message}`;
  }
  const good = found.includes(expected);
  if (!good) process.exitCode = 1;
  const seconds = ((Date.now() - started) / 1000).toFixed(1).padStart(6);
  console.log(`${good ? "ok    " : "FAILED"} ${seconds} s  ${title}${good ? "" : `: ${found}, not ${expected}`}`);
}

const options = { updateIntervalInMs: 500 };
await step("scale set with three zones", "Succeeded Flexible", async () => {
  const properties = { orchestrationMode: "Flexible", platformFaultDomainCount: 1, singlePlacementGroup: false };
  const wanted = { location, zones: ["1", "2", "3"], ...properties };
  const made = await client.virtualMachineScaleSets.createOrUpdate(group, "web", wanted, options);
  return `${made.provisioningState} ${made.orchestrationMode}`;
});
await step("three members at once", "Succeeded Succeeded Succeeded", async () => {
  const put = (zone) => client.virtualMachines.createOrUpdate(group, `web-00000${zone}`, member(zone), options);
  const made = await Promise.all(["1", "2", "3"].map(put));
  return made.map((vm) => vm.provisioningState).join(" ");
});
await step("a member that exists is not made again", "PreconditionFailed", () =>
  client.virtualMachines.createOrUpdate(group, "web-000001", member("1"), { ...options, ifNoneMatch: "*" }),
);
await step("list of members", "web-000001 web-000002 web-000003", names);
await step("instance view", "PowerState/running", async () => {
  const view = await client.virtualMachines.instanceView(group, "web-000001");
  return view.statuses.map((status) => status.code).join(" ");
});
await step("deletion of two instances", "web-000003", async () => {
  const doomed = { instanceIds: ["web-000001", "web-000002"] };
  await client.virtualMachineScaleSets.deleteInstances(group, "web", doomed, options);
  return names();
});
await step("deletion of a VM", "ResourceNotFound NotFound", async () => {
  await client.virtualMachines.delete(group, "web-000003", options);
  return client.virtualMachines.get(group, "web-000003").catch((error) => `ResourceNotFound ${error.code}`);
});
await step("quota", "cores", async () => {
  for await (const usage of client.usage.list(location)) if (usage.name.value === "cores") return "cores";
  return "none";
});
