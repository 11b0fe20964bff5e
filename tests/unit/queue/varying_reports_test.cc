// What programs write of disks, cards, machines and people: what differs for the same one is taken out, and by what one
// is known stays.
#include "queue/varying.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace postern::queue {
namespace {

std::string varying_out_of(std::string_view text) {
  return without_varying(text, *parse_rfc3339("2026-11-30T02:46:32Z"));
}

/// The first two are of the same thing, and the third is of another one.
struct ReportOfThing {
  std::string_view one;
  std::string_view again;
  std::string_view other;
};

constexpr auto kReportsOfThings = std::to_array<ReportOfThing>({
    // ZED.
    {"  eid: 12\n  time: 2026-11-30 02:46:32+0100\n  vpath: /dev/disk/by-id/ata-CT1000MX500SSD1_2031E2A5B3C4-part1",
     "  eid: 99\n  time: 2026-12-01 03:46:33+0100\n  vpath: /dev/disk/by-id/ata-CT1000MX500SSD1_2031E2A5B3C4-part1",
     "  eid: 12\n  time: 2026-11-30 02:46:32+0100\n  vpath: /dev/disk/by-id/ata-CT1000MX500SSD1_2031E2A5B3D5-part1"},
    {"02:46:32 scsi-35000c500a1b2c3d4 faulted", "03:46:33 scsi-35000c500a1b2c3d4 faulted",
     "02:46:32 scsi-35000c500a1b2c3e5 faulted"},
    {"02:46:32 ata-KINGSTON_SA400S37480G_50026B7784A1B2C3", "03:46:33 ata-KINGSTON_SA400S37480G_50026B7784A1B2C3",
     "02:46:32 ata-KINGSTON_SA400S37480G_50026B7784A1B2D4"},
    {"02:46:32 nvme-CT1000P3SSD8_2237E665A1B2", "03:46:33 nvme-CT1000P3SSD8_2237E665A1B2",
     "02:46:32 nvme-CT1000P3SSD8_2237E665A1C3"},
    {"02:46:32 vguid: 0x1F1B2C3D4E5F6071", "03:46:33 vguid: 0x1F1B2C3D4E5F6071", "02:46:32 vguid: 0x1F1B2C3D4E5F6072"},
    // zpool status.
    {"  scan: resilvered 1.2G on Mon Nov 30 02:46:32 2026\n    usb-Flash_Disk_2D5C1F0A-0:0  FAULTED  3 0 0",
     "  scan: resilvered 1.2G on Tue Dec  1 03:46:33 2026\n    usb-Flash_Disk_2D5C1F0A-0:0  FAULTED  3 0 0",
     "  scan: resilvered 1.2G on Mon Nov 30 02:46:32 2026\n    usb-Flash_Disk_2D5C1F0B-0:0  FAULTED  3 0 0"},
    {"a3b18e5120beec7b5ea3 was /dev/disk/by-partuuid/123e4567-e89b-12d3-a456-426614174000",
     "a3b18e5120beec7b5ea4 was /dev/disk/by-partuuid/123e4567-e89b-12d3-a456-426614174000",
     "a3b18e5120beec7b5ea3 was /dev/disk/by-partuuid/123e4567-e89b-12d3-a456-42661417ffff"},
    // multipath and device mapper.
    {"Nov 30 02:46:32 multipathd[4711]: 35000c500a1b2c3d4: remaining active paths: 0",
     "Dec  1 03:46:33 multipathd[812]: 35000c500a1b2c3d4: remaining active paths: 0",
     "Nov 30 02:46:32 multipathd[4711]: 35000c500a1b2c3e5: remaining active paths: 0"},
    {"02:46:32 mpatha (3600508b400105e210000900000490000) dm-2",
     "03:46:33 mpatha (3600508b400105e210000900000490000) dm-2",
     "02:46:32 mpatha (3600508b400105e210000900000500000) dm-2"},
    {"02:46:32 path 20017380a1b2c3d4e failed", "03:46:33 path 20017380a1b2c3d4e failed",
     "02:46:32 path 20017380a1b2c3d4f failed"},
    {"02:46:32 dm-uuid-mpath-naa-3b18e512dba7", "03:46:33 dm-uuid-mpath-naa-3b18e512dba7",
     "02:46:32 dm-uuid-mpath-naa-3b18e512dba8"},
    // LVM.
    {"02:46:32 PV 3vTr0i-Ab1c-Ef2g-Hi3j-Kl4m-No5p-Qr6stu is missing",
     "03:46:33 PV 3vTr0i-Ab1c-Ef2g-Hi3j-Kl4m-No5p-Qr6stu is missing",
     "02:46:32 PV 3vTr0i-Ab1c-Ef2g-Hi3j-Kl4m-No5p-Qr6stv is missing"},
    {"02:46:32 dm-uuid-LVM-1aB2cD3eF4gH5iJ6kL7mN8oP9qR0sT1u is gone",
     "03:46:33 dm-uuid-LVM-1aB2cD3eF4gH5iJ6kL7mN8oP9qR0sT1u is gone",
     "02:46:32 dm-uuid-LVM-1aB2cD3eF4gH5iJ6kL7mN8oP9qR0sT1v is gone"},
    // mdadm.
    {"02:46:32 no array with UUID 3b18e512:0beec7b5:1a2b3c4d:5e6f7081",
     "03:46:33 no array with UUID 3b18e512:0beec7b5:1a2b3c4d:5e6f7081",
     "02:46:32 no array with UUID 3b18e513:0beec7b5:1a2b3c4d:5e6f7081"},
    // smartd and smartctl, also as JSON.
    {"smartd[4711]: x\n\"serial_number\": \"50026B7784A1B2C3\",",
     "smartd[8123]: x\n\"serial_number\": \"50026B7784A1B2C3\",",
     "smartd[4711]: x\n\"serial_number\": \"50026B7784A1B2D4\","},
    {"02:46:32 SerialNumber: 2031E2A5B3C4", "03:46:33 SerialNumber: 2031E2A5B3C4",
     "02:46:32 SerialNumber: 2031E2A5B3D5"},
    {"02:46:32 Serial Number (2031E2A5B3C4) failed", "03:46:33 Serial Number (2031E2A5B3C4) failed",
     "02:46:32 Serial Number (2031E2A5B3D5) failed"},
    {"02:46:32 disk 2031E2A5B3C4 was removed", "03:46:33 disk 2031E2A5B3C4 was removed",
     "02:46:32 disk 2031E2A5B3D5 was removed"},
    // megaraid and other controllers.
    {"2026-11-30 02:46:32 pd SerialNo=3b18e512ab", "2026-12-01 03:46:33 pd SerialNo=3b18e512ab",
     "2026-11-30 02:46:32 pd SerialNo=3b18e512ac"},
    {"02:46:32 Enclosure 252 Slot 1 WWN: 5000C500A1B2C3D4", "03:46:33 Enclosure 252 Slot 1 WWN: 5000C500A1B2C3D4",
     "02:46:32 Enclosure 252 Slot 1 WWN: 5000C500A1B2C3E5"},
    {"[12345.678901] mpt3sas_cm0: sas_addr(0x5000c500a1b2c3d5)",
     "[99345.000001] mpt3sas_cm0: sas_addr(0x5000c500a1b2c3d5)",
     "[12345.678901] mpt3sas_cm0: sas_addr(0x5000c500a1b2c3d6)"},
    {"02:46:32 SAS address 5000c500a1b2c3d5", "03:46:33 SAS address 5000c500a1b2c3d5",
     "02:46:32 SAS address 5000c500a1b2c3d6"},
    // VMware, iSCSI and NVMe over fabrics.
    {"02:46:32 t10.ATA_____CT1000MX500SSD1_2031E2A5B3C4 lost", "03:46:33 t10.ATA_____CT1000MX500SSD1_2031E2A5B3C4 lost",
     "02:46:32 t10.ATA_____CT1000MX500SSD1_2031E2A5B3D5 lost"},
    {"02:46:32 iqn.1993-08.org.debian:01:3b18e512dba7 logged out",
     "03:46:33 iqn.1993-08.org.debian:01:3b18e512dba7 logged out",
     "02:46:32 iqn.1993-08.org.debian:01:3b18e512dba8 logged out"},
    {"02:46:32 nqn.2014-08.org.nvmexpress:uuid:123e4567-e89b-12d3-a456-426614174000",
     "03:46:33 nqn.2014-08.org.nvmexpress:uuid:123e4567-e89b-12d3-a456-426614174000",
     "02:46:32 nqn.2014-08.org.nvmexpress:uuid:123e4567-e89b-12d3-a456-42661417ffff"},
    // systemd and fsck, of what is mounted.
    {"Nov 30 02:46:32 systemd[1]: Timed out waiting for device "
     "dev-disk-by\\x2did-ata\\x2dCT1000MX500SSD1_2031E2A5B3C4.device",
     "Dec  1 03:46:33 systemd[1]: Timed out waiting for device "
     "dev-disk-by\\x2did-ata\\x2dCT1000MX500SSD1_2031E2A5B3C4.device",
     "Nov 30 02:46:32 systemd[1]: Timed out waiting for device "
     "dev-disk-by\\x2did-ata\\x2dCT1000MX500SSD1_2031E2A5B3D5.device"},
    {"02:46:32 UUID=123e4567-e89b-12d3-a456-426614174000: inconsistent",
     "03:46:33 UUID=123e4567-e89b-12d3-a456-426614174000: inconsistent",
     "02:46:32 UUID=123e4567-e89b-12d3-a456-42661417ffff: inconsistent"},
    {"02:46:32 volume pvc-123e4567-e89b-12d3-a456-426614174000 is full, request 00000000-e89b-12d3-a456-426614174000",
     "03:46:33 volume pvc-123e4567-e89b-12d3-a456-426614174000 is full, request 11111111-e89b-12d3-a456-426614174000",
     "02:46:32 volume pvc-123e4567-e89b-12d3-a456-42661417ffff is full, request 00000000-e89b-12d3-a456-426614174000"},
    // ipmitool, DIMMs and PCI.
    {"1 | 11/30/2026 | 02:46:32 | Memory #0x53 | Correctable ECC | CPU1_DIMM_A1",
     "1 | 12/01/2026 | 03:46:33 | Memory #0x53 | Correctable ECC | CPU1_DIMM_A1",
     "1 | 11/30/2026 | 02:46:32 | Memory #0x53 | Correctable ECC | CPU1_DIMM_A2"},
    {"02:46:32 Slot 1: DIMM s/n 3B18E512", "03:46:33 Slot 1: DIMM s/n 3B18E512", "02:46:32 Slot 1: DIMM s/n 3B18E513"},
    {"02:46:32 GPU 00000000:3B:00.0 lost, address 0x7f3a12b4", "03:46:33 GPU 00000000:3B:00.0 lost, address 0x7f3a99cc",
     "02:46:32 GPU 00000000:AF:00.0 lost, address 0x7f3a12b4"},
    // Of a UPS and of SNMP.
    {"DATE     : 2026-11-30 02:46:32 +0100\nSERIALNO : 5A1234B56789",
     "DATE     : 2026-12-01 03:46:33 +0100\nSERIALNO : 5A1234B56789",
     "DATE     : 2026-11-30 02:46:32 +0100\nSERIALNO : 5A1234B56788"},
    {"02:46:32 trap of engineID 0x80001f8880e9630000d61ff449", "03:46:33 trap of engineID 0x80001f8880e9630000d61ff449",
     "02:46:32 trap of engineID 0x80001f8880e9630000d61ff44a"},
    {"02:46:32 enterprises.318.2.3.3.0 = 1", "03:46:33 enterprises.318.2.3.3.0 = 1",
     "02:46:32 enterprises.318.2.3.4.0 = 1"},
    // Addresses of Ethernet, in each way to write them.
    {"02:46:32 lost 10:1a:2b:3c:4d:5e", "03:46:33 lost 10:1a:2b:3c:4d:5e", "02:46:32 lost 10:1a:2b:3c:4d:5f"},
    {"02:46:32 lost 10:11:12:13:14:15", "03:46:33 lost 10:11:12:13:14:15", "02:46:32 lost 10:11:12:13:14:16"},
    {"02:46:32 lost 10-11-12-13-14-15", "03:46:33 lost 10-11-12-13-14-15", "02:46:32 lost 10-11-12-13-14-16"},
    {"02:46:32 port 001a.2b3c.4d5e", "03:46:33 port 001a.2b3c.4d5e", "02:46:32 port 001a.2b3c.4d5f"},
    {"02:46:32 mac: 001a2b3c4d5e", "03:46:33 mac: 001a2b3c4d5e", "02:46:32 mac: 001a2b3c4d5f"},
    {"02:46:32 MAC address 001a2b3c4d5e", "03:46:33 MAC address 001a2b3c4d5e", "02:46:32 MAC address 001a2b3c4d5f"},
    {"02:46:32 \"macAddress\":\"001A2B3C4D5E\"", "03:46:33 \"macAddress\":\"001A2B3C4D5E\"",
     "02:46:32 \"macAddress\":\"001A2B3C4D5F\""},
    // Addresses of people.
    {"02:46:32 mailbox 12ab34cd@example.com is full", "03:46:33 mailbox 12ab34cd@example.com is full",
     "02:46:32 mailbox 12ab34ce@example.com is full"},
    {"02:46:32 reply+123e4567-e89b-12d3-a456-426614174000@example.com",
     "03:46:33 reply+123e4567-e89b-12d3-a456-426614174000@example.com",
     "02:46:32 reply+123e4567-e89b-12d3-a456-42661417ffff@example.com"},
    {"root@3b18e512dba7 is in a container", "root@0beec7b5ea3f is in a container",
     "bin@3b18e512dba7 is in a container"},
});

TEST(VaryingOfReports, IsNotByWhatThingsAreKnown) {
  for (const ReportOfThing& report : kReportsOfThings) {
    EXPECT_EQ(varying_out_of(report.one), varying_out_of(report.again)) << report.one << "\n" << report.again;
    EXPECT_NE(varying_out_of(report.one), varying_out_of(report.other)) << report.one << "\n" << report.other;
  }
}

}  // namespace
}  // namespace postern::queue
