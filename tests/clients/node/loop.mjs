// What is compared with: the JavaScript SDK making, or looking at, the members of a set.
// node loop.mjs run|look URL SUBSCRIPTION GROUP COUNT
import { ComputeManagementClient } from "@azure/arm-compute";

const [verb, url, subscription, group, count] = process.argv.slice(2);
const credential = { getToken: async () => ({ token: "any", expiresOnTimestamp: Date.now() + 3_600_000 }) };
const client = new ComputeManagementClient(credential, subscription, { endpoint: url });
const place = `/subscriptions/${subscription}/resourceGroups/${group}/providers`;
const set = `${place}/Microsoft.Compute/virtualMachineScaleSets/web`;
const location = "westeurope";

function member(number) {
  const subnet = { id: `${place}/Microsoft.Network/virtualNetworks/net/subnets/web` };
  return {
    location,
    zones: [String((number % 3) + 1)],
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

if (verb === "run") {
  const wanted = { location, zones: ["1", "2", "3"], orchestrationMode: "Flexible", platformFaultDomainCount: 1 };
  await client.virtualMachineScaleSets.createOrUpdate(group, "web", wanted);
  const numbers = Array.from({ length: Number(count) }, (_, index) => index + 1);
  const put = (number) =>
    client.virtualMachines.createOrUpdate(group, `web-${String(number).padStart(6, "0")}`, member(number));
  await Promise.all(numbers.map(put));
} else {
  const filter = `'virtualMachineScaleSet/id' eq '${set}'`;
  let good = 0;
  for await (const vm of client.virtualMachines.list(group, { filter, expand: "instanceView" }))
    good += vm.provisioningState === "Succeeded";
  process.exitCode = good === Number(count) ? 0 : 1;
}
